// Warm verify and challenge through the packaged handlers, each beside the bare client doing the
// same work on the same engine: the very UpdateItem that the service makes, and for a challenge one
// bare POST as well.
import http from 'node:http'
import { challengeExpression } from '../../lib/challenge/expressions.ts'
import { requestName } from '../../lib/request-name.ts'
import { attemptExpression } from '../../lib/verification/expressions.ts'
import { latency } from './statistics.ts'
import { bareUpdate, type Challenged, challenged, put, subject } from './subject.ts'
import type { Task } from './worker.ts'

const write = {
  TableName: process.env.DEVICES_TABLE,
  ReturnValues: 'ALL_NEW',
  ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
} as const

/** Milliseconds a call takes. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now()
  await work()
  return performance.now() - startedAt
}

/** Measures ours and theirs in turn, each first every other time; the first tenth is warming up. */
export async function inTurn<Name extends string>(
  rounds: number,
  works: Record<Name, () => Promise<number>>,
): Promise<Record<Name, ReturnType<typeof latency>>> {
  const names = Object.keys(works) as Name[]
  const times = new Map(names.map(name => [name, [] as number[]]))
  for (let round = -Math.ceil(rounds / 10); round < rounds; round++) {
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      const ms = await works[name]()
      if (round >= 0) times.get(name)?.push(ms)
    }
  }
  const all = names.map(name => [name, latency(times.get(name) ?? [])])
  return Object.fromEntries(all)
}

/** Latencies of both operations and of their bare counterparts. */
export async function measureWarm(task: Task) {
  const verify = subject(task, 'verify')
  const challenge = subject(task, 'challenge')
  const bare = bareUpdate(task)
  const one = await arranged('warm')
  const body = { token: one.drawn.token }
  const ids = { userId: one.device.userId, deviceId: one.device.deviceId }
  return inTurn(task.rounds, {
    verify: async () => {
      await put(one)
      return timed(() => verify(200, { ...ids, body }))
    },
    'bare UpdateItem of verify': async () => {
      await put(one)
      return timed(() => bare({ ...write, Key: ids, ...bareAttempt(one) }))
    },
    challenge: () => timed(() => challenge(200, ids)),
    'bare UpdateItem of challenge, and a POST': () =>
      timed(async () => {
        await bare({ ...write, Key: ids, ...bareChallenge(one) })
        await post(`${process.env.OTP_TWILIO_URL}/2010-04-01/Accounts/AC0/Messages.json`)
      }),
  })
}

async function arranged(deviceId: string): Promise<Challenged> {
  const one = await challenged(deviceId)
  await put(one)
  return one
}

/** What verify writes. */
export function bareAttempt({ drawn }: Challenged) {
  return attemptExpression({
    guess: drawn.digest,
    attempt: requestName(null),
    now: Date.now(),
    factorMs: 1000,
    longestLockMs: null,
    maxFailures: 100,
    tokenGuesses: 5,
  })
}

function bareChallenge({ drawn: { digest, entry } }: Challenged) {
  const input = { digest, entry, requestName: requestName(null), keyName: null, now: Date.now() }
  const rules = {
    maxFailures: 100,
    tokenGuesses: 5,
    cooldown: { cooldownMs: 0, longestCooldownMs: null },
    allowedCountries: null,
  }
  return challengeExpression(input, rules, null)
}

const agent = new http.Agent({ keepAlive: true })
const headers = {
  authorization: `Basic ${Buffer.from('AC0:bench').toString('base64')}`,
  'content-type': 'application/x-www-form-urlencoded',
}

function post(url: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = http.request(url, { method: 'POST', agent, headers }, response => {
      response.resume().once('end', resolve)
    })
    request.once('error', reject)
    request.end('To=%2B15555550100&From=%2B15005550006&Body=123456')
  })
}

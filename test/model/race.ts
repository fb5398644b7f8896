// A race: two to four requests for one device at once, every write of each behind a gate. What the
// engine did is kept in its order, beside what each request was answered.

import type {
  AttributeValue,
  UpdateItemCommandInput,
  UpdateItemCommandOutput,
} from '@aws-sdk/client-dynamodb'
import { unmarshall } from '@aws-sdk/util-dynamodb'
import type fc from 'fast-check'
import { challengeDevice } from '../../lib/challenge/challenge.ts'
import type { ChallengeSettings } from '../../lib/challenge/refusal.ts'
import type { DeviceItem } from '../../lib/device/device.ts'
import { deleteDevice, getDevice, patchDevice, resetDevice } from '../../lib/device/store.ts'
import type { Store } from '../../lib/dynamodb/client.ts'
import { requestName } from '../../lib/request-name.ts'
import { breakerSettings } from '../../lib/settings/breaker.ts'
import { digestToken } from '../../lib/token/digest.ts'
import { type DrawnToken, drawToken } from '../../lib/token/token.ts'
import type { Delivery } from '../../lib/twilio/answer.ts'
import { verifyGuess } from '../../lib/verification/store.ts'
import {
  by,
  challenge,
  indexKey,
  noon,
  putDevice,
  settingsOf,
  signal,
  tokenKey,
} from '../support/devices.ts'
import { type Fault, gate } from '../support/gates.ts'

/**
 * A request in a race. Guesses and challenges name tokens by number: 0 is pending before the race.
 */
export type Racer = { plan: Fault[]; afterMs: number } & (
  | { does: 'verify'; guess: number | 'wrong'; key: string | null; factor: number }
  | { does: 'challenge'; key: string | null; end: Delivery['outcome']; limited: boolean }
  | { does: 'patch' | 'delete' | 'reset' }
)

/** A write that the engine has applied, and the item after it; null where nothing came back. */
export interface Write {
  racer: number
  item: DeviceItem | null
}

/** What came of a race. */
export interface Race {
  racers: Racer[]
  /** How many SMS the limit of the user has room for. */
  room: number
  cooldownMs: number
  before: DeviceItem
  writes: Write[]
  /** By racer; null where it was left without an answer. */
  answers: (string | null)[]
  attempts: (string | null)[]
  sms: { racer: number; key: string | null }[]
  /**
   * The digest of each token by its number, which is its challenge's place among the challenges.
   */
  digests: string[]
  challengers: number[]
  after: DeviceItem | null
}

const validitySeconds = 300
const breaker = breakerSettings({})
const noLimits = { establishedShare: 0, mode: 'off' as const, limits: [] }
/** The user's, because each race has a user of its own; no window ends while it is run. */
const roomFor = (most: number) => ({
  mode: 'on' as const,
  establishedShare: 0,
  limits: [{ limit: 'user' as const, most, seconds: 86_400 }],
})

interface RaceOptions {
  racers: Racer[]
  cooldownSeconds: number
  room: number
  /** Whether the token of before the race lives when it starts. */
  isPending: boolean
}

/** Runs a race to its end, late tries included. */
export async function run(
  store: Store,
  schedule: fc.Scheduler,
  { racers, cooldownSeconds, room, isPending }: RaceOptions,
): Promise<Race> {
  const settings = (factor: number) =>
    settingsOf({
      THROTTLE_FACTOR: factor,
      COOLDOWN: cooldownSeconds,
      TOKEN_VALIDITY: validitySeconds,
    })
  const device = await putDevice(store)
  const first = await challenge(store, device, {
    now: noon - (isPending ? 60_000 : 600_000),
    settings: settings(1),
  })
  const challengers = racers.flatMap(({ does }, n) => (does === 'challenge' ? [n] : []))
  const drawn: DrawnToken[] = []
  for (const n of challengers) {
    drawn.push(await drawToken(tokenKey, device, settings(1), noon + racers[n]!.afterMs))
  }
  const tokens = [first, ...drawn.map(({ token }) => token)]
  const race: Race = {
    racers,
    room,
    cooldownMs: cooldownSeconds * 1000,
    before: (await getDevice(store, device, signal))!,
    writes: [],
    answers: [],
    attempts: [],
    sms: [],
    digests: tokens.map(token => digestToken(tokenKey, { ...device, token })),
    challengers,
    after: null,
  }
  const running = racers.map(async (racer, n) => {
    const drawnHere = drawn[challengers.indexOf(n)]
    const answer = perform(racer, n, { race, store, schedule, device, settings, tokens, drawnHere })
    race.answers[n] = await answer.catch(error =>
      error.code === 'unavailable' ? null : error.name,
    )
  })
  await schedule.waitAll()
  await Promise.all(running)
  await schedule.waitAll()
  race.after = await getDevice(store, device, signal)
  return race
}

async function perform(
  racer: Racer,
  n: number,
  given: {
    race: Race
    store: Store
    schedule: fc.Scheduler
    device: DeviceItem
    settings: (factor: number) => ChallengeSettings
    tokens: string[]
    drawnHere: DrawnToken | undefined
  },
): Promise<string> {
  const { race, device, settings, tokens, drawnHere } = given
  const observe = (answer: unknown, given: unknown) => {
    const input = given as UpdateItemCommandInput
    if (input.TableName !== store.devicesTable) return
    const item = itemAfter(answer as UpdateItemCommandOutput, input)
    // A read has no attributes, and only a deletion is a write without.
    if (item !== undefined || racer.does === 'delete') {
      race.writes.push({ racer: n, item: item ?? null })
    }
  }
  const gates = gate(given.store, given.schedule, { name: racer.does, plan: racer.plan, observe })
  const { store, pass } = gates
  const now = noon + racer.afterMs
  switch (racer.does) {
    case 'verify': {
      const token = racer.guess === 'wrong' ? 'wrong' : (tokens[racer.guess] ?? 'wrong')
      const guess = digestToken(tokenKey, { ...device, token })
      const attempt = requestName(racer.key, guess)
      race.attempts[n] = attempt
      const { throttle } = settings(racer.factor)
      return (await verifyGuess({ store, key: device, throttle, signal }, { guess, attempt, now }))
        .outcome
    }
    case 'challenge': {
      const deliver = async (): Promise<Delivery> => {
        race.sms.push({ racer: n, key: racer.key })
        await pass('SMS')
        return { outcome: racer.end, cause: '', messageSid: '', twilioCode: null } as Delivery
      }
      const flow = {
        ...{ store, key: device, settings: settings(1), signal },
        ...{
          deliver,
          isReported: false,
          channel: null,
          breaker,
          tokenKey,
          indexKey,
          testNumbers: [],
        },
        limits: racer.limited ? roomFor(race.room) : noLimits,
      }
      const made = {
        ...{ drawn: drawnHere!, idempotencyKey: racer.key, payload: 'token' },
        ...{ actor: '', clientIp: null, now },
      }
      return (await challengeDevice(flow, made)).outcome
    }
    case 'patch': {
      const moved = { number: '+15555550199', country: '', actor: '', now }
      return String(await patchDevice(store, device, moved, signal))
    }
    case 'reset': {
      const { tokenGuesses } = settings(1).throttle
      const resetRules = { cooldownMs: race.cooldownMs, tokenGuesses, actor: '' }
      return String(await resetDevice(store, device, { now, ...resetRules }, signal))
    }
    case 'delete':
      await deleteDevice(store, device, by, signal)
      return 'deleted'
  }
}

/** A challenge's write answers with the item that it found. */
function itemAfter(
  { Attributes }: UpdateItemCommandOutput,
  { ReturnValues, ExpressionAttributeValues = {} }: UpdateItemCommandInput,
): DeviceItem | undefined {
  if (Attributes === undefined) return undefined
  const item = plain(Attributes) as DeviceItem
  if (ReturnValues !== 'ALL_OLD') return item
  const values = plain(ExpressionAttributeValues)
  return {
    ...item,
    pending: values[':pending'],
    challengedAt: values[':now'],
    challenge: values[':challenge'],
    replaced: item.challenge.requestName,
    unverified: item.unverified + 1,
  }
}

function plain(attributes: Record<string, AttributeValue>) {
  return unmarshall(attributes, { wrapNumbers: Number })
}

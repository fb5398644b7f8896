// What a challenge answers, how many requests it makes and what it leaves in the item, by what
// Twilio does: Twilio's own client, and a line that can be spoiled on the way.
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest'
import type { StandInAnswer } from '../../../infra/local/twilio/messages.ts'
import { connectStore } from '../../../lib/dynamodb/client.ts'
import { itemOf, putDevice } from '../../support/devices.ts'
import { type Fault, startFaultProxy } from '../../support/fault-proxy.ts'
import { freshChallenge } from '../../support/faulty-service.ts'
import { figure } from '../../support/figures.ts'
import { invoke } from '../../support/lambda.ts'
import { isLong, trials } from '../../support/runs.ts'
import { startTwilio } from '../../support/twilio.ts'

const store = connectStore()
let answers: StandInAnswer[] = []
const twilio = await startTwilio(() => answers.shift())
const proxy = await startFaultProxy(twilio.url)
process.env.OTP_TWILIO_URL = proxy.url
process.env.OTP_TWILIO_COOLDOWN = '30'
const challenge = await freshChallenge()

afterEach(() => {
  answers = []
  proxy.faults.length = 0
  vi.unstubAllEnvs()
})
afterAll(async () => {
  proxy.close()
  await twilio.close()
})

/** A request that has no effect is refunded: no token, no cooldown. */
type End = [answer: string, requests: number, kept: 'kept' | 'refunded']

async function challengeThrough({ faults = [], says = [], url }: Trouble): Promise<End> {
  if (url) vi.stubEnv('OTP_TWILIO_URL', url)
  const device = await putDevice(store)
  const before = proxy.operations.length
  answers = [...says]
  proxy.faults.splice(0, proxy.faults.length, ...faults)
  const { status, body } = await invoke(challenge, device)
  const { pending, challengedAt } = await itemOf(store, device)
  const isKept = Object.keys(pending).length === 1 && challengedAt > Date.now() - 29_000
  const isFree = Object.keys(pending).length === 0 && challengedAt <= Date.now() - 30_000
  expect(isKept || isFree).toBe(true)
  const requests = proxy.operations.length - before
  return [`${status} ${body.code ?? 'sent'}`, requests, isKept ? 'kept' : 'refunded']
}

interface Trouble {
  faults?: Fault[]
  says?: StandInAnswer[]
  url?: string
}

const busy = { status: 429, headers: { 'retry-after': '0' } }
const unknown: End = ['504 delivery_unknown', 1, 'kept']
const refused: End = ['502 delivery_failed', 1, 'refunded']
const table: [name: string, trouble: Trouble, end: End][] = [
  ['201 with a sid', {}, ['200 sent', 1, 'kept']],
  ['429 once', { says: [busy] }, ['200 sent', 2, 'kept']],
  ['429 twice', { says: [busy, busy] }, ['200 sent', 3, 'kept']],
  ['429 three times', { says: [busy, busy, busy] }, ['503 delivery_busy', 3, 'refunded']],
  [
    '429 for an hour',
    { says: [{ status: 429, headers: { 'retry-after': '3600' } }] },
    ['503 delivery_busy', 1, 'refunded'],
  ],
  ['connection refused', { url: 'http://127.0.0.1:1' }, ['502 delivery_failed', 0, 'refunded']],
  [
    'no such name',
    { url: `http://${'a'.repeat(64)}.invalid` },
    ['502 delivery_failed', 0, 'refunded'],
  ],
  ['no TLS', { url: proxy.url.replace('http:', 'https:') }, ['502 delivery_failed', 0, 'refunded']],
  ['400', { says: [{ status: 400, body: { code: 21606 } }] }, refused],
  ['401', { says: [{ status: 401, body: { code: 20003 } }] }, refused],
  ['404 in HTML', { says: [{ status: 404, body: '<h1>not here</h1>' }] }, refused],
  [
    '400 about the number',
    { says: [{ status: 400, body: { code: 21614 } }] },
    ['422 undeliverable_number', 1, 'refunded'],
  ],
  ['redirect', { faults: ['redirect'] }, refused],
  ['500', { faults: ['server error'] }, unknown],
  ['500 after it was sent', { faults: ['applied, server error'] }, unknown],
  ['503 with HTML', { faults: ['html 503'] }, unknown],
  ['503 with HTML after it was sent', { faults: ['applied, html 503'] }, unknown],
  ['request lost', { faults: ['lose request'] }, unknown],
  ['answer lost', { faults: ['lose answer'] }, unknown],
  ['reset midway', { faults: ['reset answer'] }, unknown],
  ['truncated JSON', { faults: ['truncate answer'] }, unknown],
  ['empty 201', { faults: ['empty answer'] }, unknown],
  ['201 without a sid', { says: [{ status: 201, body: { status: 'queued' } }] }, unknown],
  ['201 of 16 MB', { faults: ['huge answer'] }, unknown],
  ['a slow answer', { faults: ['delay answer'] }, ['200 sent', 1, 'kept']],
]
// Each waits for the eight seconds that Twilio has.
if (isLong) {
  for (const fault of ['hang', 'stall answer', 'slow answer'] as const) {
    table.push([fault, { faults: [fault] }, unknown])
  }
}

describe('what Twilio does decides how a challenge ends', () => {
  it.each(table)('%s', async (name, trouble, end) => {
    const waits = /hang|stall|slow answer/.test(name)
    const n = waits ? 1 : trials({ sample: 1, long: 10 })
    const ends: End[] = []
    for (let i = 0; i < n; i++) ends.push(await challengeThrough(trouble))

    const violations = ends.filter(one => one.join() !== end.join()).length
    const claim = `Twilio, ${name}: ${end[0]}, ${end[1]} requests, token and cooldown ${end[2]}`
    figure({ claim, trials: n, violations })
    expect(new Set(ends.map(one => one.join()))).toEqual(new Set([end.join()]))
  })
})

// What a login takes of the service as it is shipped: limits, breaker, stream, callbacks and events
// on; a challenge with an Idempotency-Key, two callbacks and a verification, of an established
// device. The packaged functions are called as Lambda would call them, and what they ask for, log
// and compute is counted.
import { randomInt, randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { DynamoDBRecord } from 'aws-lambda'
import { parse } from 'yaml'
import { signForm } from '../../infra/local/twilio/status.ts'
import { newDevice } from '../../lib/device/device.ts'
import { eventOf } from './event.ts'
import type { Ledger } from './ledger.ts'
import { put } from './subject.ts'
import type { Task } from './worker.ts'

/** What invocations of a function took. */
export interface Cost {
  invocations: number
  processorMs: number
  roundTrips: number
  /** Requests to Twilio. */
  sends: number
  /** What the function wrote to its log. */
  lines: number
  bytes: number
  /** Write units, by table. */
  writes: Record<string, number>
  /** Read units, of eventual consistency. */
  reads: number
  events: number
}

/** Of one login, what each function took. */
export type LoginCost = Record<Requested | Reader, Cost>
type Requested = 'challenge' | 'status-callback' | 'verify'
type Reader = 'traffic' | 'audit'

/** Logins of two kinds, and what the readers of the stream take for one full batch. */
export interface Logins {
  /** One at a time: no batch has records of two. */
  lowRate: LoginCost
  /** So many at once that every batch is full of records of different ones. */
  fullBatches: LoginCost
  batches: Record<Reader, Cost & { records: number }>
}

/** Logins before those that are measured. */
const warmUp = 150

/** When a step of a login comes, seconds after its first. */
const steps = { challenge: 0, sent: 1, delivered: 3, verify: 12 }

const { functions: deployed } = parse(
  readFileSync(new URL('../../serverless.yml', import.meta.url), 'utf8'),
  { merge: true },
)
const streamOf = (reader: Reader): { batchSize: number; batchWindow: number } =>
  deployed[reader].events[0].stream

/** Where Twilio's callbacks come to. */
export const publicUrl = 'https://otp.example'
const context = { awsRequestId: randomUUID() }
const load = createRequire(import.meta.url)
type Handler = (event: unknown, context: unknown) => Promise<{ statusCode: number; body: string }>

/** A write to a device, of the n-th login. */
interface Written {
  login: number
  step: number
  record: DynamoDBRecord
}

/** Measures logins, those at a low rate half a minute apart. */
export async function measureLogins({ bundles, apiKey, rounds }: Task): Promise<Logins> {
  const { BENCH_LEDGER: ledger = '' } = process.env
  process.env.AWS_ENDPOINT_URL_DYNAMODB = ledger
  process.env.AWS_ENDPOINT_URL_EVENTBRIDGE = ledger
  const isReported = process.env.OTP_PUBLIC_URL !== ''
  const handlers = new Map(
    ['challenge', 'status-callback', 'verify', 'traffic', 'audit'].map(name => {
      delete load.cache[load.resolve(bundles[name] ?? '')]
      return [name, load(bundles[name] ?? '').handler as Handler]
    }),
  )
  const call = (name: string, event: unknown) => counted(handlers.get(name)!, event)
  // A day of its own: the limits of a run must not be those of the one before it.
  const clock = { ms: randomInt(1, 1_000) * 86_400_000 }
  const { now } = Date
  Date.now = () => now() + clock.ms

  const logIn = async (login: number, cost: LoginCost): Promise<Written[]> => {
    const ids = await putEstablished()
    await readLedger()
    const written: Written[] = []
    const request = async (name: Requested, step: number, event: unknown) => {
      const called = await call(name, event)
      if (called.answer.statusCode >= 300) {
        throw new Error(`${name} answered ${called.answer.statusCode}.`)
      }
      add(cost[name], called.cost, 1)
      for (const record of called.records) {
        record.dynamodb!.ApproximateCreationDateTime = Math.floor(Date.now() / 1000)
        written.push({ login, step, record })
      }
      return called.answer.body
    }
    const headers = process.env.BENCH_KEY === 'off' ? {} : { 'idempotency-key': randomUUID() }
    const body = { clientIp: `203.0.${randomInt(250)}.${randomInt(250)}` }
    const challenge = eventOf(apiKey, { ...ids, headers, body })
    const { challengeId } = JSON.parse(await request('challenge', steps.challenge, challenge))
    for (const status of isReported ? (['sent', 'delivered'] as const) : []) {
      await request('status-callback', steps[status], callbackOf({ ...ids, challengeId }, status))
    }
    const guess = { token: await tokenOf(ids.number), challengeId }
    await request('verify', steps.verify, eventOf(apiKey, { ...ids, body: guess }))
    return written
  }

  const cost = { lowRate: noLogin(), fullBatches: noLogin() }
  const batches = { traffic: { ...nothing(), records: 0 }, audit: { ...nothing(), records: 0 } }
  // A container that takes its part of a million logins is not new.
  for (let n = 0; n < warmUp; n++) {
    if (n % 50 === 0) clock.ms += 61_000
    await logIn(n, noLogin())
  }
  for (let n = 0; n < rounds; n++) {
    const written = await logIn(n, cost.lowRate)
    for (const reader of ['traffic', 'audit'] as const) {
      for (const Records of batchesOf(written, streamOf(reader).batchWindow)) {
        add(cost.lowRate[reader], (await call(reader, { Records })).cost, 1)
      }
    }
    clock.ms += 31_000
  }
  const all: Written[] = []
  const many = 5 * rounds
  for (let n = 0; n < many; n++) {
    // The limit of the deployment is a hundred a minute.
    if (n % 50 === 0) clock.ms += 61_000
    all.push(...(await logIn(n, cost.fullBatches)))
  }
  for (const reader of ['traffic', 'audit'] as const) {
    const { batchSize } = streamOf(reader)
    for (const Records of mixed(all, batchSize)) {
      const { cost: one } = await call(reader, { Records })
      add(cost.fullBatches[reader], one, 1)
      if (Records.length < batchSize) continue
      add(batches[reader], one, 1)
      batches[reader].records += Records.length
    }
  }
  Date.now = now
  return {
    lowRate: share(cost.lowRate, rounds),
    fullBatches: share(cost.fullBatches, many),
    batches,
  }
}

/** The records of one login, as a window of so many seconds parts them. */
function batchesOf(written: Written[], windowSeconds: number): DynamoDBRecord[][] {
  const batches: Written[][] = []
  for (const one of written) {
    const [first] = batches.at(-1) ?? []
    if (first !== undefined && one.step <= first.step + windowSeconds) batches.at(-1)?.push(one)
    else batches.push([one])
  }
  return batches.map(batch => batch.map(({ record }) => record))
}

/**
 * Full batches as they are when logins come all the time: while one is verified, another is
 * challenged.
 */
function mixed(written: Written[], size: number): DynamoDBRecord[][] {
  const order = Object.values(steps)
  const place = ({ login, step }: Written) => login + order.indexOf(step) * (size / order.length)
  const records = written.toSorted((a, b) => place(a) - place(b)).map(({ record }) => record)
  return Array.from({ length: Math.ceil(records.length / size) }, (_, n) =>
    records.slice(n * size, (n + 1) * size),
  )
}

async function putEstablished() {
  const now = Date.now()
  const ids = { userId: randomUUID(), deviceId: randomUUID() }
  const number = `+1${randomInt(201, 990)}${randomInt(2_000_000, 9_999_999)}`
  const given = { ...ids, number, name: 'Phone', country: 'US', confirmed: true, factorMs: 1000 }
  const device = { ...newDevice({ ...given, now }), usedBefore: now - 86_400_000 }
  await put({ device } as Parameters<typeof put>[0])
  return { ...ids, number }
}

function callbackOf(
  { userId, deviceId, challengeId }: { userId: string; deviceId: string; challengeId: string },
  MessageStatus: string,
) {
  const path = `/users/${userId}/devices/${deviceId}/challenge/${challengeId}/status`
  const sid = `SM${'0'.repeat(32)}`
  const form = {
    ...{ MessageSid: sid, SmsSid: sid, MessageStatus, SmsStatus: MessageStatus },
    ...{ AccountSid: `AC${'0'.repeat(32)}`, From: '+15005550006', To: '+12025550142' },
    ApiVersion: '2010-04-01',
  }
  const signature = signForm('bench', publicUrl + path, form)
  return {
    ...eventOf('', { userId, deviceId }),
    pathParameters: { userId, deviceId, challengeId },
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      'x-twilio-signature': signature,
    },
    rawPath: path,
    requestContext: { http: { method: 'POST', path } },
    body: new URLSearchParams(form).toString(),
  }
}

async function tokenOf(number: string): Promise<string> {
  const to = encodeURIComponent(number)
  const answer = await fetch(`${process.env.OTP_TWILIO_URL}/messages.json?to=${to}`)
  const { messages } = (await answer.json()) as { messages: { body: string }[] }
  return /\d{6}/.exec(messages[0]?.body ?? '')?.[0] ?? ''
}

async function readLedger(): Promise<Ledger> {
  return (await fetch(process.env.BENCH_LEDGER ?? '')).json() as Promise<Ledger>
}

/** Calls a function, and reads what that took. */
async function counted(handler: Handler, event: unknown) {
  await readLedger()
  const lines: string[] = []
  const write = (line: string | Uint8Array) => lines.push(String(line)) > 0
  const { write: out } = process.stdout
  const { write: err } = process.stderr
  Object.assign(process.stdout, { write })
  Object.assign(process.stderr, { write })
  const before = process.cpuUsage()
  const answer = await handler(event, context).finally(() => {
    process.stdout.write = out
    process.stderr.write = err
  })
  const { user, system } = process.cpuUsage(before)
  const { requests, records, roundTrips, events } = await readLedger()
  const cost = nothing()
  cost.invocations = 1
  cost.processorMs = (user + system) / 1000
  cost.roundTrips = roundTrips
  cost.lines = lines.join('').split('\n').length - 1
  cost.bytes = Buffer.byteLength(lines.join(''))
  cost.events = events
  for (const { operation, table, units } of requests) {
    if (/^(Get|Query|BatchGet|Scan)/.test(operation)) cost.reads += units
    else cost.writes[table] = (cost.writes[table] ?? 0) + units
  }
  return { answer, cost, records }
}

function nothing(): Cost {
  return {
    ...{ invocations: 0, processorMs: 0, roundTrips: 0, sends: 0 },
    ...{ lines: 0, bytes: 0, writes: {}, reads: 0, events: 0 },
  }
}

function noLogin(): LoginCost {
  return {
    challenge: nothing(),
    'status-callback': nothing(),
    verify: nothing(),
    traffic: nothing(),
    audit: nothing(),
  }
}

/** Adds a cost so many times. */
function add(sum: Cost, { writes, ...more }: Cost, times: number): void {
  for (const [name, value] of Object.entries(more) as [keyof typeof more, number][]) {
    sum[name] += value * times
  }
  for (const [table, units] of Object.entries(writes)) {
    sum.writes[table] = (sum.writes[table] ?? 0) + units * times
  }
}

function share(cost: LoginCost, logins: number): LoginCost {
  const one = noLogin()
  for (const name of Object.keys(one) as (keyof LoginCost)[]) add(one[name], cost[name], 1 / logins)
  one.challenge.sends = 1
  return one
}

// One scenario, in a process of its own: the real handlers on the embedded DynamoDB and the Twilio
// stand-in, at the times that the world says. The scenario is named in the arguments, and its
// settings are in the environment.
import { randomBytes } from 'node:crypto'
import { BatchWriteCommand } from '@aws-sdk/lib-dynamodb'
import type { DynamoDBRecord } from 'aws-lambda'
import { startDynalite } from '../../infra/local/dynamodb/dynalite.ts'
import { streamRecord } from '../../infra/local/dynamodb/stream-record.ts'
import { startTwilioStandIn } from '../../infra/local/twilio/stand-in.ts'
import { drawApiKey, hashApiKey } from '../../lib/api/api-key.ts'
import { newDevice } from '../../lib/device/device.ts'
import { connectStore } from '../../lib/dynamodb/client.ts'
import { scenarios } from './scenarios.ts'
import type { Arrival, Role } from './world.ts'

/** What came of it for the people of a role. */
export interface Count {
  asked: number
  messages: number
  /** No message was sent, or a right token was not accepted. */
  refused: number
}

/** What came of it. */
export type Outcome = Record<Role, Count>

interface Step {
  at: number
  work: () => Promise<void>
}

/** As long as the stream's reader gathers records in AWS. */
const streamMs = 5_000
const batchSize = 100
const mostTries = 10

let now = Date.UTC(2026, 0, 1, 6)
const start = now
Date.now = () => now

const records: DynamoDBRecord[] = []
const apiKey = drawApiKey()
const engine = await startDynalite({
  port: 0,
  onChange: change => records.push(streamRecord(change, ++written, now)),
})
let written = 0
const messages = new Map<string, string>()
const twilio = await startTwilioStandIn({
  port: 0,
  answer: ({ form }) => {
    messages.set(form.To ?? '', form.Body ?? '')
    return undefined
  },
})
Object.assign(process.env, {
  AWS_REGION: 'local',
  AWS_ACCESS_KEY_ID: 'local',
  AWS_SECRET_ACCESS_KEY: 'local',
  AWS_ENDPOINT_URL_DYNAMODB: engine.url,
  OTP_STAGE: 'test',
  OTP_INDEX_KEY: randomBytes(32).toString('base64'),
  OTP_TOKEN_KEY: randomBytes(32).toString('base64'),
  OTP_API_KEYS: JSON.stringify([
    { name: 'simulation', hash: hashApiKey(apiKey), scopes: ['challenge', 'verify'] },
  ]),
  OTP_TWILIO_URL: twilio.url,
  OTP_TWILIO_ACCOUNT: `AC${'0'.repeat(32)}`,
  OTP_TWILIO_AUTH: 'simulation',
  OTP_TWILIO_FROM: '+15005550006',
  OTP_TWILIO_TOKEN_VALIDITY: '300',
  POWERTOOLS_LOG_LEVEL: 'SILENT',
  POWERTOOLS_METRICS_DISABLED: 'true',
})
const [challenge, verify, conversion] = await Promise.all([
  import('../../functions/challenge.ts'),
  import('../../functions/verify.ts'),
  import('../../functions/traffic.ts'),
])

const nobody = { asked: 0, messages: 0, refused: 0 }
const outcome: Outcome = { attacker: { ...nobody }, owner: { ...nobody }, newcomer: { ...nobody } }
const scenario = scenarios.find(({ name }) => name === process.argv[2])
const everybody = scenario?.play(20_261_123) ?? []
await register(everybody)
records.length = 0
await play(everybody)
process.send?.(outcome)
await Promise.all([engine.close(), twilio.close()])

/** A device for everybody; an owner's was used yesterday. */
async function register(all: Arrival[]): Promise<void> {
  const { retrying, devicesTable } = connectStore()
  const used = { confirmed: true, usedNow: now - 86_400_000 }
  const byUser = new Map(
    // The owner is the last who says so, where somebody else asks for the same user.
    all
      .toSorted((a, b) => Number(a.who === 'owner') - Number(b.who === 'owner'))
      .map(({ who, userId, number, country }) => {
        const given = { userId, deviceId: 'phone', name: '', number, country }
        const device = newDevice({ ...given, confirmed: false, factorMs: 1000, now })
        return [userId, who === 'owner' ? { ...device, ...used } : device] as const
      }),
  )
  const devices = [...byUser.values()]
  for (let n = 0; n < devices.length; n += 25) {
    const requests = devices.slice(n, n + 25).map(Item => ({ PutRequest: { Item } }))
    await retrying.send(new BatchWriteCommand({ RequestItems: { [devicesTable]: requests } }))
  }
}

/** Lets everything happen at its time, and the stream be read in between. */
async function play(all: Arrival[]): Promise<void> {
  const steps: Step[] = all.map(arrival => ({
    at: arrival.at,
    work: () => request(arrival, step => insert(steps, step)),
  }))
  let streamAt = streamMs
  for (let n = 0; n < steps.length; n++) {
    const { at, work } = steps[n] as Step
    for (; streamAt <= at; streamAt += streamMs) {
      now = start + streamAt
      await readStream()
    }
    now = start + Math.floor(at)
    await work()
  }
}

/** Puts a step behind those that come before it; it is never in the past. */
function insert(steps: Step[], step: Step): void {
  const at = steps.findIndex(other => other.at > step.at)
  steps.splice(at === -1 ? steps.length : at, 0, step)
}

async function request(
  { at, who, userId, number, clientIp, verifiesAfterMs }: Arrival,
  later: (step: Step) => void,
): Promise<void> {
  const counted = outcome[who]
  const isSent = (await call(challenge.handler, userId, { clientIp })) === 200
  counted.asked += 1
  counted.messages += Number(isSent)
  counted.refused += Number(!isSent)
  if (!isSent || verifiesAfterMs === null) return
  const token = messages.get(number)
  const work = async () => {
    const status = await call(verify.handler, userId, { token, clientIp })
    counted.refused += Number(status !== 200)
  }
  later({ at: at + verifiesAfterMs, work })
}

async function readStream(): Promise<void> {
  while (records.length > 0) {
    const Records = records.splice(0, batchSize)
    await again(() => conversion.handler({ Records }))
  }
}

/**
 * As Lambda does with a batch that failed: on a machine that is busy, the database may take its
 * second.
 */
async function again(work: () => Promise<unknown>, left = mostTries): Promise<void> {
  await work().catch(error => {
    if (left === 1) throw error
    return again(work, left - 1)
  })
}

/**
 * Calls a handler as API Gateway would, and gives the status; a 503 is tried again, as a backend
 * would.
 */
async function call(handler: unknown, userId: string, body: object): Promise<number> {
  const event = {
    headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
    pathParameters: { userId, deviceId: 'phone' },
    requestContext: { http: { method: 'POST', path: '/' } },
    body: JSON.stringify(body),
    isBase64Encoded: false,
  }
  const invoke = handler as (event: object, context: object) => Promise<{ statusCode: number }>
  for (let left = mostTries; ; left--) {
    const { statusCode } = await invoke(event, { awsRequestId: 'simulation' })
    if (statusCode !== 503 || left === 1) return statusCode
  }
}

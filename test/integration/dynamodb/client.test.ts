// The client of DynamoDB: what goes over the wire, how often, for how long, and by which name an
// error is known.
import http, { type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  it,
  onTestFinished,
  vi,
} from 'vitest'
import { createDevice, getDevice } from '../../../lib/device/store.ts'
import { readDevice } from '../../../lib/device/write.ts'
import { connectStore, isThrottled, type Store } from '../../../lib/dynamodb/client.ts'
import { deviceOf } from '../../support/device.ts'
import { putDevice, signal } from '../../support/devices.ts'

const engine = connectStore()
const key = { userId: 'unknown', deviceId: 'none' }
const received: IncomingHttpHeaders[] = []
let answer: (response: http.ServerResponse) => void
const server = http.createServer((request, response) => {
  received.push(request.headers)
  request.resume().once('end', () => answer(response))
})

beforeAll(() => new Promise<void>(listening => server.listen(0, '127.0.0.1', listening)))

beforeEach(() => {
  received.length = 0
  const { port } = server.address() as AddressInfo
  vi.stubEnv('AWS_ENDPOINT_URL_DYNAMODB', `http://127.0.0.1:${port}`)
})

afterEach(() => vi.unstubAllEnvs())

afterAll(() => {
  server.closeAllConnections()
  server.close()
})

const json = { 'content-type': 'application/x-amz-json-1.0' }
const refuse = (name: string, status = 400) => {
  answer = response =>
    response.writeHead(status, json).end(JSON.stringify({ __type: `com.amazonaws#${name}` }))
}

/** A read that tries three times, or once. */
function read(client: 'retrying' | 'once' = 'once') {
  return readDevice({ store: connectStore(), key, signal }, client)
}

describe('the tables', () => {
  it('are those that the environment names', () => {
    const env = { DEVICES_TABLE: 'd', LIMITS_TABLE: 'l', TRAFFIC_TABLE: 't' }

    expect(connectStore(env)).toMatchObject({
      devicesTable: 'd',
      limitsTable: 'l',
      trafficTable: 't',
    })
  })

  it('have names of their own where it names none', () => {
    expect(connectStore({})).toMatchObject({
      devicesTable: 'devices',
      limitsTable: 'limits',
      trafficTable: 'traffic',
    })
  })
})

describe('a request', () => {
  it.each([
    ['retrying', 3],
    ['once', 1],
  ] as const)('by the client %s is tried so often: %i', async (client, tries) => {
    refuse('InternalServerError', 500)

    await expect(read(client)).rejects.toMatchObject({ code: 'unavailable' })

    expect(received).toHaveLength(tries)
  })

  /** The headers of a request that a function makes. */
  async function headersInFunction() {
    vi.stubEnv('AWS_LAMBDA_FUNCTION_NAME', 'verify')
    vi.stubEnv('_X_AMZN_TRACE_ID', 'Root=1-0-0')
    answer = response => response.writeHead(200, json).end('{}')
    await read()
    return received[0]!
  }

  it('carries no statistics of the SDK', async () => {
    const headers = await headersInFunction()

    expect(headers).not.toHaveProperty('x-amz-user-agent')
    expect(headers['user-agent'] ?? '').not.toContain('aws-sdk')
  })

  it('carries no trace of the function', async () => {
    expect(await headersInFunction()).not.toHaveProperty('x-amzn-trace-id')
  })

  it.each([
    ['never comes', () => undefined],
    [
      'stops in its midst',
      (response: http.ServerResponse) => response.writeHead(200, json).write('{'),
    ],
  ])('whose answer %s is given up', { timeout: 15_000 }, async (_, given) => {
    answer = given

    await expect(read()).rejects.toMatchObject({ code: 'unavailable' })
  })
})

describe('an error', () => {
  it.each([
    'ConditionalCheckFailedException',
    'AccessDeniedException',
    'ResourceNotFoundException',
    'UnrecognizedClientException',
    'ValidationException',
  ])('%s that no retry mends keeps its name', async name => {
    refuse(name)

    await expect(read()).rejects.toMatchObject({ name })
  })

  it.each(['ThrottlingException', 'ProvisionedThroughputExceededException', 'Unheard'])(
    '%s is an outage with itself as the cause',
    async name => {
      refuse(name)

      await expect(read()).rejects.toMatchObject({ code: 'unavailable', cause: { name } })
    },
  )

  it.each([
    ['ProvisionedThroughputExceededException', true],
    ['RequestLimitExceeded', true],
    ['ThrottlingException', true],
    ['InternalServerError', false],
    ['ValidationException', false],
  ])('%s is one of too many requests: %s', async (name, expected) => {
    refuse(name)

    expect(isThrottled(await read().catch(error => error))).toBe(expected)
  })

  it('by which a creation is refused that shows no device is of its own first try', async () => {
    refuse('ConditionalCheckFailedException')
    const device = deviceOf(key)

    expect(await createDevice(connectStore(), device, signal)).toBe(device)
  })
})

describe('the connections of a client', () => {
  const reads = (count: number, store: Store) =>
    Promise.allSettled(
      Array.from({ length: count }, () => readDevice({ store, key, signal }, 'retrying')),
    )

  it('are fifty at most', async () => {
    const waiting: http.ServerResponse[] = []
    const fifty = Promise.withResolvers<void>()
    answer = response => {
      waiting.push(response)
      if (waiting.length === 50) fifty.resolve()
    }
    const opened = opening()
    const reading = reads(60, connectStore())
    await fifty.promise

    answer = response => response.writeHead(200, json).end('{}')
    for (const response of waiting) answer(response)
    await reading

    expect(opened()).toBe(50)
  })

  it('are kept where the answer is an error', async () => {
    const store = connectStore()
    const opened = opening()
    answer = response => response.writeHead(200, json).end('{}')
    await reads(3, store)
    refuse('ValidationException')
    await reads(1, store)
    await reads(3, store)

    expect(opened()).toBe(3)
  })
})

/** Counts the connections from now on. */
function opening(): () => number {
  let count = 0
  const counts = () => void count++
  server.on('connection', counts)
  onTestFinished(() => void server.off('connection', counts))
  return () => count
}

describe('a number that is too large for a double', () => {
  it('is read as the nearest one', async () => {
    vi.unstubAllEnvs()
    const device = await putDevice(engine, { backoff: (2n ** 60n + 1n) as never })

    expect((await getDevice(engine, device, signal))?.backoff).toBe(2 ** 60)
  })
})

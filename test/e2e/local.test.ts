// npm start as a process: its ports, its data, its end.
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Dynalite, startDynalite } from '../../infra/local/dynamodb/dynalite.ts'
import { type LocalStack, startLocalStack } from '../../infra/local/stack.ts'
import { hashApiKey } from '../../lib/api/api-key.ts'

describe('npm start', () => {
  it('says which option chooses another port than a busy one', async () => {
    const squatter = createServer().listen(0, '127.0.0.1')
    await once(squatter, 'listening')
    const { port } = squatter.address() as AddressInfo

    const started = startLocalStack(new PassThrough().resume(), { args: ['--port', String(port)] })

    await expect(started).rejects.toThrow(`Port ${port} is busy: choose another with --port`)
    squatter.close()
  })

  it('refuses a bad setting by its name', async () => {
    const env = { OTP_TWILIO_THROTTLE_FACTOR: 'banana' }
    const started = startLocalStack(new PassThrough().resume(), { env })

    await expect(started).rejects.toThrow('OTP_TWILIO_THROTTLE_FACTOR must be a number')
  })

  it.each([
    ['http://127.0.0.1:1', 'No DynamoDB answers at http://127.0.0.1:1.'],
    ['ftp://localhost', '--dynamodb takes a URL such as http://localhost:8000.'],
    ['8000', '--dynamodb takes a URL such as http://localhost:8000.'],
  ])('refuses %s as a DynamoDB', async (url, sentence) => {
    const started = startLocalStack(new PassThrough().resume(), { args: ['--dynamodb', url] })

    await expect(started).rejects.toThrow(sentence)
  })

  it('refuses an option that it does not have', async () => {
    const started = startLocalStack(new PassThrough().resume(), { args: ['--prot', '1'] })

    await expect(started).rejects.toThrow('--prot')
  })
})

describe('npm start with settings and a DynamoDB that runs already', () => {
  const printed: string[] = []
  let engine: Dynalite
  let stack: LocalStack

  beforeAll(async () => {
    engine = await startDynalite({ port: 0 })
    const output = new PassThrough()
    output.on('data', chunk => printed.push(String(chunk)))
    const test = { number: '+15555550190', userIds: ['a'], token: '402517', until: '2020-01-01' }
    const key = { name: 'own', hash: hashApiKey('otp_own'), scopes: ['devices:write'] }
    stack = await startLocalStack(output, {
      args: ['--dynamodb', engine.url],
      env: {
        OTP_TWILIO_TOKEN_TEMPLATE: `${'x'.repeat(160)} {token}`,
        OTP_TWILIO_TEST_NUMBERS: JSON.stringify([test]),
        OTP_API_KEYS: JSON.stringify([key]),
      },
    })
  })

  afterAll(async () => {
    await stack?.stop()
    await engine.close()
  })

  it('warns of messages of several segments', () => {
    expect(printed.join('')).toContain('OTP_TWILIO_TOKEN_TEMPLATE makes SMS of 2 segments')
  })

  it('warns of an ended test number without showing it', () => {
    const lines = printed.join('')

    expect(lines).toContain('OTP_TWILIO_TEST_NUMBERS: give what has ended a later date')
    expect(lines).not.toMatch(/402517|5555550190/)
  })

  it('lets the keys of OTP_API_KEYS in beside the demo key', async () => {
    const own = await register(stack.api, 'otp_own')
    const demo = await register(stack.api, stack.key)

    expect([own.status, demo.status]).toEqual([201, 201])
  })

  it('works on that DynamoDB', async () => {
    const { status } = await register(stack.api, stack.key)

    expect([status, stack.dynamodb]).toEqual([201, engine.url])
  })

  it('says that it has no streams', () => {
    expect(printed.join('')).toContain(
      `${engine.url} has no streams: nothing of the devices goes to `,
    )
  })
})

describe('npm start with --data', () => {
  let data: string
  let first: LocalStack
  let firstEnd: unknown[]

  const start = () => startLocalStack(new PassThrough().resume(), { args: ['--data', data] })

  beforeAll(async () => {
    data = await mkdtemp(join(tmpdir(), 'otp-data-'))
    first = await start()
    await register(first.api, first.key)
    firstEnd = await end(first, 'SIGINT')
  })

  afterAll(() => rm(data, { recursive: true }))

  it('ends with everything it started at SIGINT', () => {
    expect(firstEnd).toEqual([0, true, true, true, true])
  })

  describe('in the next run', () => {
    let second: LocalStack
    let kept: { status: number; devices: unknown[] }
    let secondEnd: unknown[]

    beforeAll(async () => {
      second = await start()
      kept = await listDevices(second.api, first.key)
      secondEnd = await end(second, 'SIGTERM')
    })

    it('has the devices of the first', () => {
      expect([kept.status, kept.devices.length]).toEqual([200, 1])
    })

    it('has the demo key of the first', () => {
      expect(second.key).toBe(first.key)
    })

    it('ends with everything it started at SIGTERM', () => {
      expect(secondEnd).toEqual([0, true, true, true, true])
    })
  })
})

/** Sends a signal; gives the exit code, and whether each port is closed then. */
async function end({ process, ...stack }: LocalStack, signal: NodeJS.Signals) {
  process.kill(signal)
  const [code] = await once(process, 'exit')
  const urls = [stack.api, stack.inbox, stack.dynamodb, stack.demo]
  return [code, ...(await Promise.all(urls.map(isClosed)))]
}

async function isClosed(url: string): Promise<boolean> {
  return fetch(url).then(
    () => false,
    () => true,
  )
}

function register(api: string, key: string) {
  return fetch(`${api}/users/alice/devices`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ number: '+14155552671' }),
  })
}

async function listDevices(api: string, key: string) {
  const answer = await fetch(`${api}/users/alice/devices`, {
    headers: { authorization: `Bearer ${key}` },
  })
  const { devices } = (await answer.json()) as { devices: unknown[] }
  return { status: answer.status, devices }
}

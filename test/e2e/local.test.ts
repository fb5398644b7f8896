// npm start as a process: its ports, its data, its end.
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { startDynalite } from '../../infra/local/dynamodb/dynalite.ts'
import { startLocalStack } from '../../infra/local/stack.ts'
import { hashApiKey } from '../../lib/api/api-key.ts'

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

describe('npm start', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)('ends with everything it started at %s', async signal => {
    const stack = await startLocalStack(new PassThrough().resume())

    stack.process.kill(signal)
    const [code] = await once(stack.process, 'exit')

    const urls = [stack.api, stack.inbox, stack.dynamodb, stack.demo]
    expect([code, ...(await Promise.all(urls.map(isClosed)))]).toEqual([0, true, true, true, true])
  })

  it('says which port is busy and which option chooses another one', async () => {
    const squatter = createServer().listen(0, '127.0.0.1')
    await once(squatter, 'listening')
    const { port } = squatter.address() as AddressInfo

    const started = startLocalStack(new PassThrough().resume(), { args: ['--port', String(port)] })

    await expect(started).rejects.toThrow(`Port ${port} is busy: choose another with --port`)
    squatter.close()
  })

  it('refuses a bad setting at once, and names it', async () => {
    const env = { OTP_TWILIO_THROTTLE_FACTOR: 'banana' }
    const started = startLocalStack(new PassThrough().resume(), { env })

    await expect(started).rejects.toThrow('OTP_TWILIO_THROTTLE_FACTOR must be a number')
  })

  it('warns of messages of several segments, and of test numbers that have ended', async () => {
    const output = new PassThrough()
    const printed: string[] = []
    output.on('data', chunk => printed.push(String(chunk)))
    const test = { number: '+15555550190', token: '402517', until: '2020-01-01' }
    const stack = await startLocalStack(output, {
      env: {
        OTP_TWILIO_TOKEN_TEMPLATE: `${'x'.repeat(160)} {token}`,
        OTP_TWILIO_TEST_NUMBERS: JSON.stringify([test]),
      },
    })
    await stack.stop()

    const lines = printed.join('')
    expect(lines).toContain('OTP_TWILIO_TOKEN_TEMPLATE makes SMS of 2 segments')
    expect(lines).toContain('the date of +1••••••••90 has passed')
    expect(lines).not.toContain('402517')
  })

  it('takes a DynamoDB that runs already, and says what its stream is then', async () => {
    const engine = await startDynalite({ port: 0 })
    const output = new PassThrough()
    const printed: string[] = []
    output.on('data', chunk => printed.push(String(chunk)))
    const stack = await startLocalStack(output, { args: ['--dynamodb', engine.url] })

    const { status } = await register(stack.api, stack.key)
    await stack.stop()
    await engine.close()

    expect([status, stack.dynamodb]).toEqual([201, engine.url])
    expect(printed.join('')).toContain(`comes from scans of ${engine.url}`)
  })

  it.each([
    ['http://127.0.0.1:1', 'No DynamoDB answers at http://127.0.0.1:1.'],
    ['ftp://localhost', '--dynamodb takes a URL such as http://localhost:8000.'],
    ['8000', '--dynamodb takes a URL such as http://localhost:8000.'],
  ])('refuses %s as a DynamoDB', async (url, sentence) => {
    const started = startLocalStack(new PassThrough().resume(), { args: ['--dynamodb', url] })

    await expect(started).rejects.toThrow(sentence)
  })

  it('lets the keys of OTP_API_KEYS in beside the demo key', async () => {
    const kept = [{ name: 'own', hash: hashApiKey('otp_own'), scopes: ['devices:write'] }]
    const env = { OTP_API_KEYS: JSON.stringify(kept) }
    const stack = await startLocalStack(new PassThrough().resume(), { env })

    const own = await register(stack.api, 'otp_own')
    const demo = await register(stack.api, stack.key)
    await stack.stop()

    expect([own.status, demo.status]).toEqual([201, 201])
  })

  it('refuses an option that it does not have', async () => {
    const started = startLocalStack(new PassThrough().resume(), { args: ['--prot', '1'] })

    await expect(started).rejects.toThrow('--prot')
  })

  it('keeps devices and keys with --data, from one run to the next', async () => {
    const data = await mkdtemp(join(tmpdir(), 'otp-data-'))
    const args = ['--data', data]
    const first = await startLocalStack(new PassThrough().resume(), { args })
    await register(first.api, first.key)
    await first.stop()

    const second = await startLocalStack(new PassThrough().resume(), { args })
    const answer = await fetch(`${second.api}/users/alice/devices`, {
      headers: { authorization: `Bearer ${first.key}` },
    })
    const { devices } = (await answer.json()) as { devices: unknown[] }
    await second.stop()
    await rm(data, { recursive: true })

    expect([answer.status, devices.length, second.key]).toEqual([200, 1, first.key])
  })
})

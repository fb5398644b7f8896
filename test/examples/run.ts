// npm run examples: each example of docs/examples is started with its one command against the
// service on this machine, and driven as its user would.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { devNull } from 'node:os'
import { resolve } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { stopWithNpm, takeNoArguments } from '../../infra/commands/npm.ts'
import { type LocalStack, startLocalStack } from '../../infra/local/stack.ts'
import { ensurePython, ToolsMissing, toolsMissingExitCode } from '../tools/python.ts'
import { driveStepUp } from './step-up.ts'

const root = resolve(import.meta.dirname, '../..')
const longestStartMs = 240_000

const help = `Usage: npm run examples

Starts each example of docs/examples against the service on this machine, and drives it: a user without a device
enrols, logs in, guesses wrong, is locked, sends again, loses the phone and registers another. The step-up example
is asked with good proofs and bad ones.`

/** What a user is shown: the step, and the code of what went wrong. */
interface Shown {
  step: string
  code: string
}

/** A browser of one user, which keeps the cookie. */
function openBrowser(url: string, kind: 'json' | 'form') {
  let cookie = ''
  return async (path: string, fields: Record<string, string> = {}): Promise<Shown> => {
    const isJson = kind === 'json'
    const response = await fetch(url + path, {
      method: 'POST',
      headers: {
        'content-type': isJson ? 'application/json' : 'application/x-www-form-urlencoded',
        cookie,
      },
      body: isJson ? JSON.stringify(fields) : new URLSearchParams(fields),
    })
    cookie = response.headers.get('set-cookie')?.split(';')[0] ?? cookie
    const shown = await response.text()
    const find = (name: string) =>
      new RegExp(`(?:"${name}":\\s*"|data-${name}=")([\\w-]*)"`).exec(shown)?.[1] ?? ''
    return { step: find('step'), code: find('code') }
  }
}

const alice = { user: 'alice', password: 'correct horse' }
const recovery = 'battery staple'

/** Drives an example, and returns what did not happen as it should. */
async function drive(url: string, kind: 'json' | 'form', n: number): Promise<string[]> {
  const faults: string[] = []
  const expect = (what: string, { step, code }: Shown, wanted: string) => {
    const seen = code ? `${step} (${code})` : step
    if (seen !== wanted) faults.push(`${what}: ${seen}, not ${wanted}`)
    else checks += 1
  }
  const [phone, other] = [`+1415559${1000 + n}`, `+1415559${2000 + n}`]
  let browser = openBrowser(url, kind)
  expect('a wrong password', await browser('/login', { ...alice, password: 'x' }), 'password')
  expect('a code without a session', await browser('/code', { token: '1' }), 'password')

  expect('a user without a device', await browser('/login', alice), 'enrol')
  expect(
    'a number that is none',
    await browser('/enrol', { number: '12' }),
    'enrol (invalid_number)',
  )
  expect('a blank number', await browser('/enrol', { number: '' }), 'enrol (invalid_body)')
  expect('an enrolment', await browser('/enrol', { number: phone }), 'code')
  expect('its code', await browser('/code', { token: await newest(phone) }), 'in')

  browser = openBrowser(url, kind)
  expect('a login', await browser('/login', alice), 'code')
  expect('another phone, before the code', await browser('/enrol', { number: other }), 'password')
  const before = await sentTo(phone)
  expect('send again', await browser('/again'), 'code')
  if ((await sentTo(phone)) !== before + 1) faults.push('send again sent nothing')
  expect('a blank code', await browser('/code', { token: ' ' }), 'code (invalid_body)')
  expect('a wrong code', await browser('/code', { token: 'wrong' }), 'code (invalid_token)')
  expect('the next', await browser('/code', { token: 'wrong' }), 'code (throttled)')
  await unlock(phone)
  expect('the right code', await browser('/code', { token: await newest(phone) }), 'in')

  browser = openBrowser(url, kind)
  expect('a login without the phone', await browser('/login', alice), 'code')
  expect('a wrong recovery code', await browser('/lost', { recovery: 'x' }), 'code')
  expect('a lost phone', await browser('/lost', { recovery }), 'enrol')
  expect('another phone', await browser('/enrol', { number: other }), 'code')
  expect(
    'the code of the other phone',
    await browser('/code', { token: await newest(other) }),
    'in',
  )
  expect('a login with it', await openBrowser(url, kind)('/login', alice), 'code')
  if ((await sentTo(other)) !== 2) faults.push('the code did not go to the other phone')
  return faults
}

let checks = 0
let stack!: LocalStack
const running = new Set<ReturnType<typeof spawn>>()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, stop)
stopWithNpm('examples', stop)

try {
  takeNoArguments('examples', help)
  await ensurePython()
  console.log('Starting the service on this machine …')
  stack = await startLocalStack(createWriteStream(devNull), {
    env: { SLS_LOG_LEVEL: 'error', OTP_TWILIO_THROTTLE_FACTOR: '60' },
  })
  let failed = 0
  for (const [n, [name, kind]] of Object.entries(kinds()).entries()) {
    const { url, end } = await startExample(name)
    const faults = await drive(url, kind, n).finally(end)
    failed += faults.length
    tell(name, faults)
  }
  const { url, end } = await startExample('step-up', { DYNAMODB: stack.dynamodb })
  const { passed, faults } = await driveStepUp(url, stack).finally(end)
  checks += passed
  failed += faults.length
  tell('step-up', faults)
  console.log(`${checks} passed, ${failed} failed`)
  process.exitCode = failed > 0 ? 1 : 0
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = error instanceof ToolsMissing ? toolsMissingExitCode : 1
} finally {
  await stack?.stop()
}

function tell(name: string, faults: string[]): void {
  console.log(`${name}: ${faults.length === 0 ? 'as it should' : faults.join('; ')}`)
}

function kinds(): Record<string, 'json' | 'form'> {
  return { express: 'json', fastapi: 'json', html: 'form' }
}

async function startExample(name: string, more: Record<string, string> = {}) {
  const port = await freePort()
  const env = { ...process.env, API: stack.api, KEY: stack.key, PORT: String(port), ...more }
  const child = spawn('npm', ['run', '--silent', 'example', '--', name], {
    cwd: root,
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  running.add(child)
  let printed = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', chunk => (printed += chunk))
  const url = `http://127.0.0.1:${port}`
  const end = async () => {
    running.delete(child)
    endGroup(child)
    await once(child, 'close')
  }
  const late = Date.now() + longestStartMs
  while (!(await answers(url))) {
    if (child.exitCode !== null || Date.now() > late) throw new Error(`${name}: ${printed}`)
    await wait(200)
  }
  return { url, end }
}

async function answers(url: string): Promise<boolean> {
  return fetch(url).then(
    () => true,
    () => false,
  )
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  await once(server.close(), 'close')
  return port
}

async function messages(number: string): Promise<{ body: string }[]> {
  const response = await fetch(`${stack.inbox}/messages.json?to=${encodeURIComponent(number)}`)
  return ((await response.json()) as { messages: { body: string }[] }).messages
}

async function newest(number: string): Promise<string> {
  return (await messages(number))[0]?.body ?? ''
}

async function sentTo(number: string): Promise<number> {
  return (await messages(number)).length
}

/** As support would. */
async function unlock(number: string): Promise<void> {
  const headers = { authorization: `Bearer ${stack.key}` }
  const query = encodeURIComponent(number)
  const found = await fetch(`${stack.api}/all/devices?number=${query}`, { headers })
  const { devices } = (await found.json()) as { devices: { userId: string; id: string }[] }
  for (const { userId, id } of devices) {
    const path = `/users/${encodeURIComponent(userId)}/devices/${id}/reset`
    await fetch(stack.api + path, { method: 'POST', headers })
  }
}

function endGroup({ pid }: { pid?: number | undefined }): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGTERM')
  } catch {
    // It ended by itself.
  }
}

function stop(): void {
  for (const child of running) endGroup(child)
  process.exit(1)
}

// npm run demo: the main job from end to end, over HTTP, against the service on this machine. It
// prints each request and its answer, checks the status, and exits.
import { createWriteStream } from 'node:fs'
import { devNull } from 'node:os'
import { setTimeout as wait } from 'node:timers/promises'
import { type LocalStack, startLocalStack } from './stack.ts'

const bold = (text: string) => (process.stdout.isTTY ? `\u001b[1m${text}\u001b[0m` : text)
const dim = (text: string) => (process.stdout.isTTY ? `\u001b[2m${text}\u001b[0m` : text)

console.log(
  'Starting the service on this machine: DynamoDB (dynalite), a stand-in for Twilio, the functions …',
)
const stack = await startLocalStack(createWriteStream(devNull))
try {
  await demonstrate(stack)
} catch (error) {
  console.error(`\nThe demo failed: ${(error as Error).message}`)
  process.exitCode = 1
} finally {
  await stack.stop()
}

async function demonstrate({ api, inbox, key }: LocalStack): Promise<void> {
  const number = '+14155552671'
  const devices = '/users/alice/devices'

  step('Alice registers her phone.')
  const device = await call('POST', devices, 201, { number, name: 'Alice’s phone' })
  const path = `${devices}/${device.id}`

  step('She logs in with her password, and the backend challenges the phone.')
  await call('POST', `${path}/challenge`, 200)
  const token = await readSms(number)

  step('An attacker guesses.')
  const wrong = token === '123456' ? '654321' : '123456'
  await call('POST', `${path}/verify`, 403, { token: wrong })

  step('And guesses on at once: the device is locked, not even the right token is looked at.')
  const locked = await call('POST', `${path}/verify`, 429, { token })

  // A timer may fire a moment early.
  const waitMs = Math.max(0, Date.parse(String(locked.lockedUntil)) - Date.now()) + 5
  step(`The lock is over after ${waitMs} ms, and Alice types the token from the SMS.`)
  await wait(waitMs)
  await call('POST', `${path}/verify`, 200, { token })

  step('The token was used: nothing is pending, and a second time is not even a failure.')
  await call('POST', `${path}/verify`, 403, { token })

  console.log(`\n${bold('Done.')} Start it for yourself with npm start.`)

  async function call(method: string, route: string, expected: number, body?: object) {
    console.log(`\n  ${bold(`${method} ${route}`)}${body ? ` ${JSON.stringify(body)}` : ''}`)
    const response = await fetch(api + route, {
      method,
      headers: {
        authorization: `Bearer ${key}`,
        ...(body && { 'content-type': 'application/json' }),
      },
      ...(body && { body: JSON.stringify(body) }),
    })
    const answer = (await response.json()) as Record<string, unknown>
    const retryAfter = response.headers.get('retry-after')
    console.log(`  ${response.status}${retryAfter ? `, Retry-After: ${retryAfter}` : ''}`)
    console.log(dim(JSON.stringify(answer, null, 2).replaceAll(/^/gm, '  ')))
    if (response.status !== expected) throw new Error(`expected ${expected}`)
    return answer
  }

  async function readSms(to: string): Promise<string> {
    const response = await fetch(`${inbox}/messages.json?to=${encodeURIComponent(to)}`)
    const { messages } = (await response.json()) as { messages: { body: string }[] }
    const [latest] = messages
    if (latest === undefined) throw new Error('no SMS arrived')
    console.log(`\n  SMS to ${to}: ${bold(latest.body)}`)
    return latest.body
  }
}

function step(text: string): void {
  console.log(`\n${bold(text)}`)
}

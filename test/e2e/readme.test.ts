// The examples of the README, run as they stand there, in their order.
import { execFile, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { operations } from '../../lib/api/operations.ts'
import { call, newestSms, service } from '../support/client.ts'

const run = promisify(execFile)
const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')

/** Each `sh` block: the status that its comment promises, and its command. */
const examples = [...readme.matchAll(/```sh\n# (\d{3})\n([^`]+)```/g)].map(
  ([, status, command]) => ({ status, command: command! }),
)

// Where there is no curl nobody can follow the examples either; everything else needs only npm.
const withCurl = it.skipIf(spawnSync('curl', ['--version']).error !== undefined)

withCurl('every curl example of the README answers the status above it', async () => {
  const variables = { API: service.api, KEY: service.key, DEVICE: '', TOKEN: '' }

  for (const { status, command } of examples) {
    if (command.includes('$TOKEN')) variables.TOKEN = await newestSms('+14155552671')
    const { stdout } = await run('bash', ['-c', `${command.trim()} -s -w '\\n%{http_code}'`], {
      env: { ...process.env, ...variables },
    })
    const [answered, ...body] = stdout.split('\n').reverse()
    variables.DEVICE ||= JSON.parse(body.join('')).id

    expect({ command, status: answered }).toEqual({ command, status })
  }
})

it('the README has an example for every route', () => {
  const called = examples.map(({ command }) => {
    const method = /-X (\w+)/.exec(command)?.[1] ?? 'GET'
    const path = /\$API([^"?]*)/.exec(command)?.[1] ?? ''
    return `${method} ${path.replace('alice', '{userId}').replace('$DEVICE', '{deviceId}')}`
  })

  // The console is a page: it is opened, not called; and Twilio's own route is nobody's to call.
  const { 'not-found': _none, admin: _page, 'status-callback': _twilio, ...api } = operations
  const routes = Object.values(api).map(({ route }) => route)
  expect(routes.filter(route => !called.includes(route))).toEqual([])
})

it('the login of the README lets the right token in and nobody else', async () => {
  const [, source] = /```js\n([^`]*(?:`[^`]+`[^`]*)*?)```/.exec(readme) ?? []
  Object.assign(process.env, { API: service.api, KEY: service.key })
  const login = await import(
    `data:text/javascript,${encodeURIComponent(`${source}\nexport { startSecondFactor, finishSecondFactor }`)}`
  )
  const number = '+14155550199'
  const body = { number, confirmed: true }
  await call('POST', '/users/readme/devices', { body })

  const deviceId = await login.startSecondFactor('readme', 'login-1')
  const wrong = await login.finishSecondFactor('readme', deviceId, 'wrong')
  const locked = await login.finishSecondFactor('readme', deviceId, 'wrong')
  await call('POST', `/users/readme/devices/${deviceId}/reset`)
  const right = await login.finishSecondFactor('readme', deviceId, await newestSms(number))
  const nobody = await login.startSecondFactor('has-no-device', 'login-2')

  expect([wrong, locked, right, nobody]).toEqual(['invalid_token', 'throttled', 'in', null])
})

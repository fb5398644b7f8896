// The README and docs/ are held against the service and the code: their commands run, their links
// lead somewhere, their tables say what the code says.
import { execFile, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, describe, expect, it } from 'vitest'
import { settings } from '../../infra/stack/settings.ts'
import { operations } from '../../lib/api/operations.ts'
import { detailTypes } from '../../lib/audit/events.ts'
import { createClient } from '../../lib/client/client.ts'
import { thrownCodes } from '../../lib/client/result.ts'
import { advice } from '../../lib/openapi/advice.ts'
import { documentation } from '../../lib/openapi/documentation.ts'
import { problems } from '../../lib/problem.ts'
import { call, newestSms, service } from '../support/client.ts'
import {
  anchorsOf,
  blocksOf,
  commandsOf,
  type Document,
  documents,
  linksOf,
  notRun,
  proseOf,
  read,
  root,
  rowsOf,
  scriptOf,
} from './documents.ts'

const run = promisify(execFile)
const document = (path: string) => documents.find(one => one.path === path) as Document
const readme = document('README.md')
const api = document('docs/api.md')

// Where there is no curl nobody can follow the examples either; everything else needs only npm.
const withCurl = it.skipIf(spawnSync('curl', ['--version']).error !== undefined)

describe('the examples', () => {
  const withExamples = documents.filter(one => scriptOf(one) !== '').map(({ path }) => path)

  it('are in the README and in docs/api.md', () => {
    expect(withExamples).toEqual(['README.md', 'docs/api.md'])
  })

  withCurl.each(withExamples)('%s: every curl answers the status above it', async path => {
    const script = scriptOf(document(path))
      .replaceAll('http://127.0.0.1:3000', service.api)
      .replaceAll('http://127.0.0.1:8010', service.inbox)
      .replaceAll('otp…', service.key)
    const promised = [...script.matchAll(/^# (\d{3})/gm)].map(([, status]) => status)
    const reporting = `curl() { command curl -s -w '%{stderr}%{http_code}\\n' "$@"; }`

    // Node hands bash a socket as its input: without --norc and outside of any shell, as in a
    // container, it takes itself for a remote one and reads bashrc.
    const { stderr } = await run('bash', ['--norc', '-euc', `${reporting}\n${script}`])

    expect(stderr.trim().split('\n')).toEqual(promised)
  })

  it('docs/api.md has one for every route', () => {
    const script = scriptOf(api).replaceAll(/\\\n\s*/g, '')
    const called = [...script.matchAll(/curl .*?"\$API([^"?]*).*$/gm)].map(([line, path = '']) => {
      const method = /-X (\w+)/.exec(line)?.[1] ?? 'GET'
      return `${method} ${path.replace('alice', '{userId}').replace('$DEVICE', '{deviceId}')}`
    })

    // The console is a page: it is opened, not called; and Twilio's own route is nobody's to call.
    const { 'not-found': _none, admin: _page, 'status-callback': _twilio, ...all } = operations
    const routes = Object.values(all).map(({ route }) => route)
    expect(routes.filter(route => !called.includes(route))).toEqual([])
  })
})

describe('the commands', () => {
  const commands = documents.flatMap(commandsOf)
  const scripts = Object.keys(JSON.parse(read('package.json')).scripts)

  it.each(commands.filter(one => !notRun.some(([excluded]) => excluded.test(one))))(
    '%s ends well',
    async command => {
      await expect(run('bash', ['--norc', '-c', command], { cwd: root })).resolves.toBeDefined()
    },
  )

  it('every reason not to run one has such a command', () => {
    const unused = notRun.filter(([excluded]) => !commands.some(one => excluded.test(one)))

    expect(unused).toEqual([])
  })

  it('none hides in a block of another kind', () => {
    const hidden = documents.flatMap(blocksOf).filter(({ language, code }) => {
      return language !== 'sh' && /^(npm|npx|curl|aws) /m.test(code)
    })

    expect(hidden).toEqual([])
  })

  it('npm has every script that is named', () => {
    const named = documents.flatMap(({ text }) =>
      [...text.matchAll(/npm run ([\w:-]+)/g)].map(([, script = '']) => script),
    )

    expect(named.filter(script => !scripts.includes(script))).toEqual([])
  })

  it.each([
    ['npm start', 'infra/local/start.ts'],
    ['npm run secrets', 'infra/commands/secrets.ts'],
    ['npm run api-key', 'infra/commands/api-key.ts'],
    ['npm run doctor', 'infra/commands/doctor.ts'],
    ['npm run replay', 'infra/commands/replay.ts'],
    ['npm run index', 'infra/commands/index-devices.ts'],
    ['npm run restore', 'infra/commands/restore.ts'],
    ['npm run import', 'infra/commands/import.ts'],
    ['npm run bench', 'test/bench/run.ts'],
  ])('%s has every flag that is given to it', async (name, file) => {
    const { stdout } = await run(process.execPath, [file, '--help'], { cwd: root })
    const given = commands
      .filter(command => command.startsWith(`${name} -- `))
      .flatMap(command => command.split(' -- ')[1]?.match(/--[\w-]+/g) ?? [])

    expect(given).not.toEqual([])
    expect(given.filter(flag => !stdout.includes(flag))).toEqual([])
  })
})

describe('the login of the README', async () => {
  const source = blocksOf(readme).find(({ language }) => language === 'js')?.code ?? ''
  const client = pathToFileURL(join(root, 'lib/client/client.ts')).href
  const folder = await mkdtemp(join(tmpdir(), 'otp-readme-'))
  const file = join(folder, 'login.mjs')
  await writeFile(file, source.replace('serverless-otp-twilio/client', client))
  Object.assign(process.env, { API: service.api, KEY: service.key })
  const login = await import(/* @vite-ignore */ file)
  const clientIp = '203.0.113.7'

  afterAll(() => rm(folder, { recursive: true }))

  const sentTo = async (number: string) => {
    const sent = await fetch(`${service.inbox}/messages.json?to=${encodeURIComponent(number)}`)
    return ((await sent.json()) as { messages: { body: string }[] }).messages
  }

  it('lets the right token in and nobody else', async () => {
    const number = '+14155550199'
    const { id } = await login.register('readme', number, 'form-1')
    const session = { user: 'readme', device: id }
    await login.send(session, { clientIp })

    const wrong = await login.verify(session, { token: 'wrong', clientIp })
    const locked = await login.verify(session, { token: 'wrong', clientIp })
    await call('POST', `/users/readme/devices/${id}/reset`)
    const right = await login.verify(session, { token: await newestSms(number), clientIp })
    const { devices } = await login.phones('readme')

    expect([wrong.code, locked.code, right.ok]).toEqual(['invalid_token', 'throttled', true])
    expect([wrong.guessesLeft, locked.retryAfter, Date.parse(locked.lockedUntil) > 0]).toEqual([
      4,
      1,
      true,
    ])
    expect(devices.map((device: { id: string }) => device.id)).toEqual([id])
  })

  it('sends the same token each time that it is asked to send again', async () => {
    const number = '+14155550198'
    const { id } = await login.register('readme|resend', number, 'form-1')
    const session = { user: 'readme|resend', device: id }

    await login.send(session, { clientIp })
    for (const again of [true, true]) await login.send(session, { clientIp, again })

    const sent = await sentTo(number)
    expect([sent.length, new Set(sent.map(({ body }) => body)).size]).toEqual([3, 1])
  })

  it('verifies the token that was sent again', async () => {
    const number = '+14155550194'
    const { id } = await login.register('readme-again', number, 'form-1')
    const session = { user: 'readme-again', device: id }
    await login.send(session, { clientIp })
    await login.send(session, { clientIp, again: true })

    const verified = await login.verify(session, { token: await newestSms(number), clientIp })

    expect(verified.ok).toBe(true)
  })

  it('registers a number once', async () => {
    const first = await login.register('readme-twice', '+14155550195', 'form-1')
    const second = await login.register('readme-twice', '+14155550195', 'form-1')

    expect(second.id).toBe(first.id)
  })

  it('reaches no other path by the id of a user', async () => {
    await expect(login.register('readme/devices#', '+14155550196')).rejects.toThrow('invalid_id')
  })

  it('says that a number is none', async () => {
    expect(await login.register('readme', '12')).toMatchObject({ code: 'invalid_number' })
  })

  it.each([
    ['a blank', ' \t', 'invalid_body'],
    ['no', '', 'invalid_body'],
    ['a long', '1'.repeat(65), 'invalid_body'],
    ['an endless', '1'.repeat(20_000), 'body_too_large'],
  ])('says of %s token or number that it cannot be one', async (_, typed, code) => {
    const { id } = await login.register('readme-typed', '+14155550193', 'form-1')
    const session = { user: 'readme-typed', device: id }

    const verified = await login.verify(session, { token: typed, clientIp })
    const registered = await login.register('readme-typed', typed.trim())

    expect([verified, registered]).toMatchObject([
      { ok: false, code },
      { ok: false, code },
    ])
  })

  it('has a step for every code of its routes in docs/api.md', () => {
    const named = rowsOf(api).flatMap(([, codes = '']) => codes.split(', '))
    const general = Object.entries(advice).filter(([, { group }]) => group === 'any route')
    const results = general.filter(([code]) => !(thrownCodes as readonly string[]).includes(code))
    const codes = (['create-device', 'list-devices', 'challenge', 'verify'] as const).flatMap(
      name => documentation[name].problems,
    )

    const own = results.map(([code]) => code)
    expect([...codes, ...own].filter(code => !named.includes(code))).toEqual([])
  })
})

describe('the tables', () => {
  it('docs/settings.md has every setting, with the value that is shipped', () => {
    const rows = rowsOf(document('docs/settings.md')).map(([name = '', , shipped = '']) => [
      name.replace(/ \*$/, ''),
      shipped,
    ])

    expect(rows.filter(([name = '']) => name in settings).toSorted()).toEqual(
      Object.entries(settings).toSorted(),
    )
  })

  it.each(['docs/api.md', 'docs/reference.md'])('%s has a heading for every code', path => {
    const { text } = document(path)
    const missing = Object.entries(problems).filter(
      ([code, { status }]) =>
        !new RegExp(`^#+ ${code}\n\n${status}[. ].* \\*\\*Next:`, 'ms').test(text),
    )

    expect(missing.map(([code]) => code)).toEqual([])
  })

  it('docs/api.md has every route with its scope', () => {
    const rows = rowsOf(api).map(([route, scope]) => `${route} ${scope}`)
    const { 'not-found': _none, 'status-callback': _twilio, ...all } = operations
    const documented = Object.values(all).map(({ route, access }) => `${route} ${access}`)

    expect(documented.filter(one => !rows.includes(one))).toEqual([])
  })

  it('docs/api.md has every method of the client', () => {
    const client = createClient({ url: service.api, apiKey: service.key })
    const methods = Object.entries(client).flatMap(([name, one]) =>
      typeof one === 'function' ? [name] : Object.keys(one).map(method => `${name}.${method}`),
    )
    // The first of a cell names the group of the others.
    const named = rowsOf(api).flatMap(([cell = '']) => {
      const [group, dot] = cell.split(/(\.)/)
      return cell.split(', ').map(name => (dot && !name.includes('.') ? `${group}.${name}` : name))
    })

    expect(methods.filter(method => !named.includes(method))).toEqual([])
  })

  it('docs/operating.md has every kind of audit event', () => {
    const named = rowsOf(document('docs/operating.md')).map(([name]) => name)

    expect(Object.values(detailTypes).filter(type => !named.includes(type))).toEqual([])
  })

  it('docs/operating.md has every alarm', () => {
    const alarms = [...read('infra/stack/watch/alarms.cjs').matchAll(/^ {2}(\w+)Alarm: \{$/gm)]
    const names = alarms.map(([, id = '']) =>
      id
        .split(/(?=[A-Z])/)
        .join('-')
        .toLowerCase(),
    )
    const named = rowsOf(document('docs/operating.md')).map(([name]) => name)

    expect(names.length).toBeGreaterThan(0)
    expect(names.filter(name => !named.includes(name))).toEqual([])
  })
})

describe('the documents', () => {
  it('the README has at most 10 KB', () => {
    expect(Buffer.byteLength(readme.text)).toBeLessThanOrEqual(10_240)
  })

  it.each(documents)('$path: every link leads to something', one => {
    const broken = linksOf(one).filter(target => {
      const [path = '', anchor] = target.split('#')
      const file = path === '' ? one.path : join(dirname(one.path), path)
      if (!existsSync(join(root, file))) return true
      return anchor !== undefined && !anchorsOf({ path: file, text: read(file) }).includes(anchor)
    })

    expect(broken).toEqual([])
  })

  it.each(documents)('$path: no line of prose is longer than 100 columns', one => {
    const long = proseOf(one)
      .split('\n')
      .filter(line => [...line].length > 100 && !/^\||^!?\[/.test(line))

    expect(long).toEqual([])
  })
})

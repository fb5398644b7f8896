// Every key, at every route, at its user's device, another user's and none: who gets in, and that a
// refusal shows nothing of what there is.
import { createHmac, randomUUID } from 'node:crypto'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { hashApiKey, scopes } from '../../../lib/api/api-key.ts'
import { operations } from '../../../lib/api/operations.ts'
import { getDevice } from '../../../lib/device/store.ts'
import { connectStore } from '../../../lib/dynamodb/client.ts'
import { lengthPrefixed } from '../../../lib/length-prefixed.ts'
import { challenge, noon, putDevice, signal, tokenKey } from '../../support/devices.ts'
import { figure } from '../../support/figures.ts'
import { apiKey, keptApiKeys, keyFor } from '../../support/keys.ts'
import { type Answer, invoke, type Request } from '../../support/lambda.ts'
import { loadRoutes, type Route } from '../../support/routes.ts'
import { startSsmStandIn } from '../../support/ssm-stand-in.ts'
import { startTwilio } from '../../support/twilio.ts'

const bareKey = 'otp_test-key-without-scopes'
const bare = { name: 'bare', hash: hashApiKey(bareKey), scopes: [] }
const tenantKey = 'otp_test-key-of-acme'
const acme = {
  ...{ name: 'acme', hash: hashApiKey(tenantKey), prefix: 'acme:' },
  scopes: scopes.filter(scope => scope !== 'admin'),
}
process.env.OTP_API_KEYS = JSON.stringify([...JSON.parse(keptApiKeys), bare, acme])
process.env.OTP_TOKEN_KEY = tokenKey.toString('base64')
const store = connectStore()
const twilio = await startTwilio()
const routes = await loadRoutes()

afterEach(async () => {
  vi.useRealTimers()
  vi.unstubAllEnvs()
})

/** Every caller: the Authorization header, and the scopes that it stands for; null is unknown. */
const callers: [string, string | null, readonly string[] | null][] = [
  ['no key', null, null],
  ['an unknown key', 'Bearer otp_unknown', null],
  ['the hash of a key', `Bearer ${hashApiKey(apiKey)}`, null],
  ['a key with one letter more', `Bearer ${apiKey}0`, null],
  ['a key with one letter less', `Bearer ${apiKey.slice(0, -1)}`, null],
  ['a key in another scheme', `Basic ${apiKey}`, null],
  ['a key without scopes', `Bearer ${bareKey}`, []],
  ['a key with every scope', `Bearer ${apiKey}`, scopes],
  ...scopes.map(
    scope =>
      [`the key for ${scope}`, `Bearer ${keyFor(scope)}`, [scope]] as [string, string, string[]],
  ),
]

/** The refusal that a caller is due, or null. */
function refusalOf({ access }: Route, granted: readonly string[] | null): string | null {
  if (access === 'public' || access === 'twilio') return null
  if (granted === null) return '401'
  return access === 'any key' || granted.includes(access) ? null : '403 missing_scope'
}

function refusalIn({ status, body }: Answer): string | null {
  if (status === 401) return '401'
  return body?.code === 'missing_scope' ? '403 missing_scope' : null
}

/** A device with its right token: the best that an intruder can have. */
async function ownAndOthers() {
  const device = await putDevice(store)
  const token = await challenge(store, device, { now: Date.now() })
  const { userId, deviceId } = device
  return {
    device,
    token,
    own: { userId, deviceId },
    none: { userId, deviceId: randomUUID() },
    others: { userId: `user-${randomUUID()}`, deviceId },
  }
}

async function ask(route: Route, ids: object, authorization: string | null, token: string) {
  const body = route.name === 'verify' ? { body: { token } } : {}
  const request: Request = { ...route.request, ...body, ...ids, headers: { authorization } }
  return invoke(route.handler, request)
}

describe.each(callers)('%s', (caller, authorization, granted) => {
  it.each(routes)('gets what it is due at $name whatever device is there', async route => {
    const { device, token, own, none, others } = await ownAndOthers()
    const before = await getDevice(store, device, signal)

    const atOthers = await ask(route, others, authorization, token)
    const untouched = await getDevice(store, device, signal)
    const atNone = await ask(route, none, authorization, token)
    const atOwn = await ask(route, own, authorization, token)

    const due = refusalOf(route, granted)
    const answers = [atOthers, atNone, atOwn]
    const wrong = answers.filter(answer => refusalIn(answer) !== due).length
    const claim = `access: ${caller}`
    figure({ claim, trials: answers.length, violations: wrong })
    expect(answers.map(refusalIn)).toEqual([due, due, due])
    if (!/create|find|delete-devices/.test(route.name)) expect(untouched).toEqual(before)
    if (due !== null) {
      expect(await getDevice(store, device, signal)).toEqual(before)
      expect([atOthers, atNone]).toEqual([atOwn, atOwn])
    } else if (/^(get|update|delete)-device$|challenge|verify|reset/.test(route.name)) {
      expect(atOthers).toEqual(atNone)
    }
  })
})

describe('a key that was revoked', () => {
  it.each(routes.filter(({ access }) => access !== 'public' && access !== 'twilio'))(
    'is refused by $name as soon as five minutes have passed',
    async ({ name, request }) => {
      const path = '/serverless-otp-twilio/test'

      const ssm = await startSsmStandIn()
      ssm.put(`${path}/OTP_API_KEYS`, keptApiKeys)
      vi.stubEnv('OTP_API_KEYS', undefined)
      vi.stubEnv('OTP_SSM_PATH', path)
      vi.stubEnv('AWS_ENDPOINT_URL_SSM', ssm.url)
      vi.useFakeTimers({ toFake: ['Date'], now: noon })
      vi.resetModules()
      const { handler } = await import(`../../../functions/${name}.ts`)
      const ids = { userId: 'unknown', deviceId: randomUUID() }
      const before = await invoke(handler, { ...ids, ...request })
      ssm.put(`${path}/OTP_API_KEYS`, '[]')

      vi.setSystemTime(noon + 300_000)
      const { status, body } = await invoke(handler, { ...ids, ...request })
      await ssm.goDown()

      expect(before.status).not.toBe(401)
      expect([status, body.code]).toEqual([401, 'invalid_api_key'])
    },
  )
})

describe('a paging cursor', () => {
  it('is refused with any one of its characters changed, dropped or added', async () => {
    const { handler } = routes.find(({ name }) => name === 'find-devices')!
    for (const _ of [1, 2]) await putDevice(store)
    const find = (cursor: string) =>
      invoke(handler, { method: 'GET', query: { limit: '1', cursor } })
    const first = await invoke(handler, { method: 'GET', query: { limit: '1' } })
    const cursor: string = first.body.cursor
    const tampered = [...cursor].flatMap((character, i) => {
      const [before, after] = [cursor.slice(0, i), cursor.slice(i + 1)]
      const other = character === 'A' ? 'B' : 'A'
      return [before + other + after, before + after, before + other + character + after]
    })

    const codes = new Set<string>()
    for (const one of tampered) codes.add((await find(one)).body.code)
    const untouched = await find(cursor)

    figure({
      claim: 'a tampered cursor is refused',
      trials: tampered.length,
      violations: codes.size - 1,
    })
    expect([...codes]).toEqual(['invalid_cursor'])
    expect(untouched.status).toBe(200)
  })

  // 0.2.0 sealed it with the hash of the API key, which who has the key can compute.
  it('is not one that a caller seals with what the API key gives', async () => {
    const { handler } = routes.find(({ name }) => name === 'find-devices')!
    const start = { userId: 'alice', deviceId: '', madeUp: 'yes' }
    const encoded = Buffer.from(JSON.stringify(start)).toString('base64url')
    const seal = createHmac('sha256', hashApiKey(apiKey))
      .update(lengthPrefixed([encoded, '']))
      .digest('base64url')

    const query = { cursor: `${encoded}.${seal}` }
    const { status, body } = await invoke(handler, { method: 'GET', query })

    expect([status, body.code]).toEqual([400, 'invalid_cursor'])
  })
})

describe('a tenant’s key', () => {
  const authorization = `Bearer ${tenantKey}`
  const keyed = routes.filter(({ access }) => access !== 'public' && access !== 'twilio')
  const ofUsers = keyed.filter(({ name }) => operations[name].route.includes('{userId}'))

  it.each(ofUsers.filter(({ access }) => access !== 'admin'))(
    'is for its own users alone at $name',
    async route => {
      const own = await putDevice(store, { userId: `acme:${randomUUID()}` })
      const others = await putDevice(store, { userId: `acme2:${randomUUID()}` })
      const idsOf = ({ userId, deviceId }: typeof own) => ({ userId, deviceId })

      const refused = await ask(route, idsOf(others), authorization, '000000')
      const allowed = await ask(route, idsOf(own), authorization, '000000')

      expect([refused.status, refused.body.code]).toEqual([403, 'missing_scope'])
      expect(refusalIn(allowed)).toBeNull()
      expect(await getDevice(store, others, signal)).toEqual(others)
    },
  )

  it.each(keyed.filter(({ access }) => access === 'admin'))(
    'is due at $name what its scopes say',
    async route => {
      const answer = await ask(route, { userId: 'acme:1', deviceId: 'd' }, authorization, '')

      expect(refusalIn(answer)).toBe(route.name === 'find-devices' ? null : '403 missing_scope')
    },
  )

  it('lists and counts its own devices alone', async () => {
    const { handler } = routes.find(({ name }) => name === 'find-devices')!
    const number = '+442071838999'
    const own = await putDevice(store, { userId: `acme:${randomUUID()}`, number })
    await putDevice(store, { userId: `zeta:${randomUUID()}`, number })
    const find = (query: Record<string, string>, headers = { authorization }) =>
      invoke(handler, { method: 'GET', query, headers })

    const byNumber = await find({ number })
    const all = await find({ limit: '100' })

    expect(byNumber.body.devices).toMatchObject([{ id: own.deviceId }])
    expect(byNumber.body.cursor).toBeNull()
    const users = all.body.devices.map(({ userId }: { userId: string }) => userId)
    expect(users.filter((userId: string) => !userId.startsWith('acme:'))).toEqual([])
    expect(users).toContain(own.userId)
  })
})

describe('the whole table', () => {
  it('sends SMS only for callers that may', () => {
    // Own devices, at three keys: the one for challenge, the one for everything, and a tenant's.
    expect(twilio.messages).toHaveLength(3)
  })
})

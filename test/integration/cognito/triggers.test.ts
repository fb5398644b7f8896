// Create and verify as Cognito calls them: once, again, all at once, and with answers lost.
import { randomUUID } from 'node:crypto'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { ClientRequest } from 'node:http'
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { StandInAnswer } from '../../../infra/local/twilio/messages.ts'
import { suspend } from '../../../lib/breaker/store.ts'
import { deviceKey } from '../../../lib/cognito/device.ts'
import { readTimeline } from '../../../lib/timeline/store.ts'
import {
  type Created,
  idOf,
  keyOf,
  knownUser,
  loadTriggers,
  type User,
  unknownUser,
  wait,
} from '../../support/cognito.ts'
import { itemOf, signal } from '../../support/devices.ts'
import type { Fault } from '../../support/fault-proxy.ts'
import { startFaultyStore } from '../../support/faulty-service.ts'
import { startSsmStandIn } from '../../support/ssm-stand-in.ts'
import { endedWithin } from '../../support/stopped-clock.ts'
import { startTwilio } from '../../support/twilio.ts'

let answers: StandInAnswer[] = []
const twilio = await startTwilio(() => answers.shift())
let plan: (operation: string) => Fault | undefined = () => undefined
const { direct, proxy } = await startFaultyStore({ plan: operation => plan(operation) })
let triggers: Awaited<ReturnType<typeof loadTriggers>>

beforeEach(async () => {
  vi.stubEnv('OTP_COGNITO_FLOOR', '0')
  vi.stubEnv('OTP_TWILIO_TOKEN_VALIDITY', '300')
  twilio.messages.length = 0
  twilio.requests.length = 0
  triggers = await loadTriggers()
})
afterEach(() => {
  answers = []
  plan = () => undefined
  vi.unstubAllEnvs()
})
afterAll(async () => {
  proxy.close()
  await twilio.close()
})

const sms = () => vi.stubEnv('OTP_COGNITO_FLOW', 'sms')
const token = () => twilio.messages.at(-1)!.body
const deviceOf = (user: User) => itemOf(direct, keyOf(user))
const stateOf = ({ publicChallengeParameters }: Created) => publicChallengeParameters.state
const asks = (more: object = {}) => ({ clientMetadata: { resend: 'true', ...more } })

afterEach(() => void vi.restoreAllMocks())

/** The answers of Twilio whose head has come. */
const heads: unknown[] = []
const countHead = (message: unknown) => {
  const { request } = message as { request: ClientRequest }
  if (request.path.endsWith('/Messages.json')) heads.push(request.path)
}
beforeEach(() => {
  heads.length = 0
  subscribe('http.client.response.finish', countHead)
})
afterEach(() => {
  unsubscribe('http.client.response.finish', countHead)
  vi.useRealTimers()
})

/** Of the 4.3 seconds that create has, what is on its way has these. */
const softDeadlineMs = 3_700

describe('one challenge', () => {
  it('is one SMS and one challenge for three calls in turn', async () => {
    const user = knownUser()

    const calls = [
      await triggers.create(user),
      await triggers.create(user),
      await triggers.create(user),
    ]

    expect(twilio.messages).toHaveLength(1)
    expect(new Set(calls.map(idOf)).size).toBe(1)
    expect(new Set(calls.map(one => one.privateChallengeParameters.nonce)).size).toBe(3)
    expect(calls.map(stateOf)).toEqual(['sent', 'cooldown', 'cooldown'])
  })

  it('is one SMS for three calls at once, and each takes its token', async () => {
    const user = knownUser()

    const calls = await Promise.all([1, 2, 3].map(() => triggers.create(user)))

    expect(twilio.messages).toHaveLength(1)
    const late = calls.findLast(one => stateOf(one) !== 'sent')!
    expect(await triggers.verify(user, late, token())).toBe(true)
  })

  it('is one SMS where the answers of DynamoDB are lost', async () => {
    const user = knownUser()
    let n = 0
    plan = () => (n++ % 3 === 0 ? 'lose answer' : undefined)

    const calls = [await triggers.create(user), await triggers.create(user)]

    plan = () => undefined
    expect(twilio.messages).toHaveLength(1)
    expect(await triggers.verify(user, calls[1]!, token())).toBe(true)
  })

  it.each([
    ['hangs', 'hang', () => twilio.requests.length],
    ['trickles its answer', 'trickle', () => heads.length],
  ] as const)('counts as sent where Twilio %s, and is ended in time', async (_, fault, isAsked) => {
    const user = knownUser()
    answers = [{ fault }]

    const first = await endedWithin(softDeadlineMs, () => triggers.create(user), isAsked)

    expect(stateOf(first)).toBe('delivery_unknown')
    const second = await triggers.create(user)
    expect(twilio.requests).toHaveLength(1)
    expect(idOf(second)).toBe(idOf(first))
  })

  it('ends in time where DynamoDB hangs, and sends nothing', async () => {
    plan = () => 'hang'
    const asked = proxy.operations.length

    const created = await endedWithin(
      softDeadlineMs,
      () => triggers.create(knownUser()),
      () => proxy.operations.length - asked,
    )

    expect(stateOf(created)).toBe('unavailable')
    expect(twilio.requests).toEqual([])
  })

  it('ends in time where SSM hangs, and sends nothing', async () => {
    const ssm = await startSsmStandIn()
    ssm.behave = () => 'hangs'
    vi.stubEnv('AWS_ENDPOINT_URL_SSM', ssm.url)
    vi.stubEnv('OTP_SSM_PATH', '/otp')
    triggers = await loadTriggers()

    const created = await endedWithin(
      softDeadlineMs,
      () => triggers.create(knownUser()),
      () => ssm.requests.length,
    )

    expect(stateOf(created)).toBe('unavailable')
    expect(twilio.requests).toEqual([])
    await ssm.goDown()
  })

  it('has no token in anything that it answers', async () => {
    const created = await triggers.create(knownUser())

    expect(JSON.stringify(created)).not.toContain(token())
  })

  it('is kept through the rounds, without another SMS', async () => {
    const user = knownUser()
    const first = await triggers.create(user)

    const second = await triggers.create(user, { before: [first] })

    expect(twilio.messages).toHaveLength(1)
    expect(idOf(second)).toBe(idOf(first))
    expect(second.publicChallengeParameters).toMatchObject({
      state: 'pending',
      attemptsLeft: '2',
      number: '+1••••••••00',
      tokenLength: '6',
    })
  })
})

describe('an answer', () => {
  it('that is right is right for three calls, in turn and at once', async () => {
    const user = knownUser()
    const created = await triggers.create(user)
    const answer = token()

    const inTurn = [await triggers.verify(user, created, answer)]
    const atOnce = [1, 2].map(() => triggers.verify(user, created, answer))

    expect([...inTurn, ...(await Promise.all(atOnce))]).toEqual([true, true, true])
  })

  it('that is right stays right where the answer of DynamoDB is lost', async () => {
    const user = knownUser()
    const created = await triggers.create(user)
    proxy.faults.push('lose answer')

    expect(await triggers.verify(user, created, token())).toBe(true)
  })

  it('that is right is refused in a second sign-in', async () => {
    const user = knownUser()
    const [first, second] = [await triggers.create(user), await triggers.create(user)]
    const answer = token()

    const said = [
      await triggers.verify(user, first, answer),
      await triggers.verify(user, second, answer),
      await triggers.verify(user, first, answer),
    ]

    expect(said).toEqual([true, false, true])
  })

  it('that is right counts for one of two sign-ins at once', async () => {
    const user = knownUser()
    const both = [await triggers.create(user), await triggers.create(user)]
    const answer = token()

    const said = await Promise.all(both.map(one => triggers.verify(user, one, answer)))

    expect(said.filter(Boolean)).toHaveLength(1)
  })

  it('that is wrong counts once for three calls', async () => {
    const user = knownUser()
    const created = await triggers.create(user)

    const calls = [1, 2, 3].map(() => triggers.verify(user, created, '000000'))

    expect(await Promise.all(calls)).toEqual([false, false, false])
    expect((await deviceOf(user)).failures).toBe(1)
  })

  it('that asks for the message again is no attempt, whatever it says', async () => {
    const user = knownUser()
    const created = await triggers.create(user)
    const resend = { resend: 'true' }

    const said = [
      await triggers.verify(user, created, token(), resend),
      await triggers.verify(user, created, '000000', resend),
    ]

    expect(said).toEqual([false, false])
    expect((await deviceOf(user)).failures).toBe(0)
    expect(await triggers.verify(user, created, token())).toBe(true)
  })

  it.each(['', ' ', '0'.repeat(100), 'abc', '{"a":1}'])(
    'that is no token is false: %j',
    async answer => {
      const user = knownUser()
      const created = await triggers.create(user)

      expect(await triggers.verify(user, created, answer)).toBe(false)
    },
  )

  it('is false where nothing can be known', async () => {
    const user = knownUser()
    const created = await triggers.create(user)
    plan = () => 'lose request'

    expect(await triggers.verify(user, created, token())).toBe(false)
  })

  it('with spaces and digits of another script is what was meant', async () => {
    const user = knownUser()
    const created = await triggers.create(user)
    const typed = ` ${token().slice(0, 3)} ${token().slice(3)}`

    expect(await triggers.verify(user, created, typed)).toBe(true)
  })
})

describe('sending again', () => {
  it('waits for the cooldown, and then sends the same token', async () => {
    const user = knownUser()
    const first = await triggers.create(user)
    const early = await triggers.create(user, { before: [first], ...asks() })
    wait(21)

    const late = await triggers.create(user, { before: [first, early], ...asks() })

    expect(stateOf(early)).toBe('cooldown')
    expect(stateOf(late)).toBe('sent')
    expect(twilio.messages.map(({ body }) => body)).toEqual([token(), token()])
    expect(late.challengeMetadata).toMatch(/^resend /)
    expect(await triggers.verify(user, late, token())).toBe(true)
  })

  it('takes another channel only where it is enabled', async () => {
    vi.stubEnv('OTP_TWILIO_CHANNELS', 'sms,call')
    const user = knownUser()
    const first = await triggers.create(user)
    wait(21)
    const second = await triggers.create(user, { before: [first], ...asks({ channel: 'call' }) })
    wait(100)

    await triggers.create(user, { before: [first, second], ...asks({ channel: 'whatsapp' }) })

    expect(twilio.messages.map(({ channel }) => channel)).toEqual(['sms', 'call', 'sms'])
  })

  it('takes the language of the user first, and then of the client', async () => {
    vi.stubEnv(
      'OTP_TWILIO_TOKEN_TEMPLATES',
      '{"de": "Ihr Code: {token}", "fr": "Votre code: {token}"}',
    )
    const user = knownUser({ locale: 'de-AT' })
    const first = await triggers.create(user)
    wait(21)

    await triggers.create(user, { before: [first], ...asks({ locale: 'fr' }) })

    expect(twilio.messages.map(({ body }) => body)).toEqual([
      expect.stringContaining('Ihr Code'),
      expect.stringContaining('Votre code'),
    ])
  })
})

describe('the device', () => {
  it('keeps its failures with a changed number, and drops token and confirmation', async () => {
    const user = knownUser()
    const created = await triggers.create(user)
    await triggers.verify(user, created, '000000')
    const before = await deviceOf(user)
    const changed = {
      ...user,
      userAttributes: { ...user.userAttributes, phone_number: '+15555550177' },
    }

    const next = await triggers.create(changed)

    expect(stateOf(next)).toBe('cooldown')
    expect(await deviceOf(user)).toMatchObject({
      deviceId: before.deviceId,
      number: '+15555550177',
      failures: 1,
      confirmed: false,
      pending: {},
    })
  })

  it('is confirmed by a right answer, and its events name Cognito', async () => {
    const user = knownUser()
    const created = await triggers.create(user)
    const { actor } = await deviceOf(user)

    await triggers.verify(user, created, token())

    expect(actor).toBe('cognito')
    expect((await deviceOf(user)).confirmed).toBe(true)
  })

  it('is another in another pool', () => {
    const sub = randomUUID()

    expect(deviceKey('eu-central-1_A', sub)).not.toEqual(deviceKey('eu-central-1_B', sub))
  })
})

describe('what holds for every challenge holds here', () => {
  it('a limit', async () => {
    vi.stubEnv('OTP_TWILIO_LIMIT_USER', '1/86400')
    const user = knownUser()
    const first = await triggers.create(user)
    wait(60)

    const second = await triggers.create(user, { before: [first], ...asks() })

    expect(stateOf(second)).toBe('limit_reached')
    expect(twilio.messages).toHaveLength(1)
  })

  it('a suspended country', async () => {
    vi.stubEnv('OTP_TWILIO_BREAKER_COUNTRY', '300/3/3600')
    const now = Date.now()
    const next = { until: now + 60_000, since: now, times: 1, sends: 300, verified: 0 }
    await suspend(direct, 'country:CH', { next, seen: null, expiresAt: 7 }, signal)

    const created = await triggers.create(knownUser({ phone_number: '+41791234567' }))

    expect(stateOf(created)).toBe('suspended')
    expect(twilio.requests).toEqual([])
  })

  it('the timeline of what was refused, with who asked', async () => {
    vi.stubEnv('OTP_TWILIO_LIMIT_USER', '1/86400')
    const user = knownUser()
    const first = await triggers.create(user)
    wait(60)
    await triggers.create(user, { before: [first], ...asks() })

    const page = { ...keyOf(user), limit: 10, start: null }
    const { items } = await readTimeline(direct, page, signal)

    expect(items).toMatchObject([
      { type: 'challenge_refused', code: 'limit_reached', actor: 'cognito' },
    ])
  })

  it('the countries', async () => {
    vi.stubEnv('OTP_TWILIO_ALLOWED_COUNTRIES', 'DE')

    expect(stateOf(await triggers.create(knownUser()))).toBe('country_not_allowed')
    expect(twilio.requests).toEqual([])
  })

  it('the types of numbers', async () => {
    const user = knownUser({ phone_number: '+88213300001' })

    expect(stateOf(await triggers.create(user))).toBe('number_type_not_allowed')
    expect(twilio.requests).toEqual([])
  })

  it('test numbers', async () => {
    const number = '+15555550190'
    const nextWeek = new Date(Date.now() + 7 * 86_400_000).toISOString().slice(0, 10)
    const user = knownUser({ phone_number: number })
    const userIds = [user.userAttributes.sub]
    const kept = [{ number, userIds, token: '730962', until: nextWeek }]
    vi.stubEnv('OTP_TWILIO_TEST_NUMBERS', JSON.stringify(kept))
    triggers = await loadTriggers()

    const created = await triggers.create(user)

    expect(twilio.requests).toEqual([])
    expect(await triggers.verify(user, created, '730962')).toBe(true)
  })

  it('the throttle', async () => {
    vi.stubEnv('OTP_TWILIO_THROTTLE_FACTOR', '60')
    const user = knownUser()
    const created = await triggers.create(user)
    await triggers.verify(user, created, '000000')

    expect(await triggers.verify(user, created, token())).toBe(false)
    const next = await triggers.create(user, { before: [created] })
    expect(Date.parse(next.publicChallengeParameters.lockedUntil!)).toBeGreaterThan(Date.now())
  })
})

describe('by SMS alone', () => {
  beforeEach(sms)

  /** Each name with what its device is like. */
  async function users(): Promise<[string, User][]> {
    const [fresh, locked, cooling] = [knownUser(), knownUser(), knownUser()]
    const created = await triggers.create(locked)
    vi.stubEnv('OTP_TWILIO_THROTTLE_FACTOR', '3600')
    await triggers.verify(locked, created, '000000')
    await triggers.create(cooling)
    return [
      ['fresh', fresh],
      ['locked', locked],
      ['cooling', cooling],
      ['without a verified number', knownUser({ phone_number_verified: 'false' })],
      ['without a number', knownUser({ phone_number: '' })],
      ['unknown', unknownUser()],
    ]
  }

  it('no field differs between names, asked twice, but for the two made-up digits', async () => {
    for (const [name, user] of await users()) {
      const first = await triggers.create(user)
      const second = await triggers.create(user)
      const later = await triggers.create(user, { before: [first] })
      const again = await triggers.create(user, { before: [first, later], ...asks() })

      const shown = first.publicChallengeParameters
      expect(shown, name).toEqual({
        tokenLength: '6',
        number: expect.stringMatching(/^•{9}\d\d$/),
      })
      for (const other of [second, later, again]) {
        expect(other.publicChallengeParameters, name).toEqual(shown)
      }
    }
  })

  it('the made-up digits are no part of the number', async () => {
    const user = knownUser()
    const changed = {
      ...user,
      userAttributes: { ...user.userAttributes, phone_number: '+15555550155' },
    }

    const shown = [await triggers.create(user), await triggers.create(changed)]

    expect(shown[0]!.publicChallengeParameters).toEqual(shown[1]!.publicChallengeParameters)
  })

  it('an unknown name is sent nothing, leaves nothing, and has no right answer', async () => {
    const before = proxy.operations.length
    const user = unknownUser()

    const created = await triggers.create(user)
    const said = await triggers.verify(user, created, '000000')

    expect(said).toBe(false)
    expect(twilio.requests).toEqual([])
    expect(proxy.operations.length).toBe(before)
  })

  it('known and unknown names wait for the floor', async () => {
    vi.stubEnv('OTP_COGNITO_FLOOR', '400')
    const took = await Promise.all(
      [knownUser(), unknownUser()].map(async user => {
        const startedAt = performance.now()
        const created = await triggers.create(user)
        const between = performance.now()
        await triggers.verify(user, created, '000000')
        return [between - startedAt, performance.now() - between]
      }),
    )

    for (const ms of took.flat()) expect(ms).toBeGreaterThan(390)
  })

  it('a fault is shown to nobody', async () => {
    const shown = (await triggers.create(unknownUser())).publicChallengeParameters
    plan = () => 'lose request'

    const created = await triggers.create(knownUser())

    expect(Object.keys(created.publicChallengeParameters)).toEqual(Object.keys(shown))
  })
})

it('who has no verified number is told so after the password', async () => {
  const user = knownUser({ phone_number_verified: 'false' })

  const created = await triggers.create(user)

  expect(created.publicChallengeParameters).toEqual({
    state: 'no_verified_number',
    tokenLength: '6',
    attemptsLeft: '3',
  })
  expect(await triggers.verify(user, created, '000000')).toBe(false)
})

it('a bad setting of delivery sends nothing, throws nothing, and is in the log by name', async () => {
  vi.stubEnv('OTP_TWILIO_TOKEN_VALIDITY', 'soon')

  const created = await triggers.create(knownUser())

  expect(JSON.stringify(created)).not.toContain('OTP_')
  expect(twilio.requests).toEqual([])
})

// The guesses that a token takes (OTP_TWILIO_TOKEN_GUESSES) and the challenge that a guess names,
// through the real handlers, on a real engine.
import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { DeviceKey } from '../../../lib/device/device.ts'
import { connectStore } from '../../../lib/dynamodb/client.ts'
import { noon, someNumber } from '../../support/device.ts'
import { itemOf } from '../../support/devices.ts'
import { freezeAtNoon } from '../../support/frozen-clock.ts'
import { invoke, registerDevice } from '../../support/lambda.ts'
import { shippedSettings } from '../../support/shipped.ts'
import { startTwilio } from '../../support/twilio.ts'

let refuses = false
const twilio = await startTwilio(() =>
  refuses ? { status: 400, body: { code: 21606, message: '', status: 400 } } : undefined,
)
const [
  verifyFunction,
  challengeFunction,
  createFunction,
  updateFunction,
  resetFunction,
  stateFunction,
] = await Promise.all([
  import('../../../functions/verify.ts'),
  import('../../../functions/challenge.ts'),
  import('../../../functions/create-device.ts'),
  import('../../../functions/update-device.ts'),
  import('../../../functions/reset.ts'),
  import('../../../functions/get-challenge.ts'),
])
const store = connectStore()

freezeAtNoon()
beforeEach(() => {
  refuses = false
  vi.stubEnv('OTP_TWILIO_TOKEN_GUESSES', '5')
  vi.stubEnv('OTP_TWILIO_THROTTLE_FACTOR', '0')
})

const register = () => registerDevice(createFunction.handler, someNumber())
const ask = (device: DeviceKey, body: object = {}, headers = {}) =>
  invoke(challengeFunction.handler, { ...device, body, headers })
/** Six digits of the SMS that came last. */
const newest = () => /\d{6}/.exec(twilio.messages.at(-1)!.body)![0]
const not = (token: string) => (token === '000000' ? '000001' : '000000')

async function challenge(device: DeviceKey): Promise<string> {
  expect((await ask(device)).status).toBe(200)
  return newest()
}

function verify(device: DeviceKey, token: string, more: object = {}, headers = {}) {
  return invoke(verifyFunction.handler, { ...device, body: { token, ...more }, headers })
}

async function useUp(device: DeviceKey, token: string) {
  const answers = []
  for (let n = 0; n < 5; n++) answers.push(await verify(device, not(token)))
  return answers
}

const codeOf = ({ status, body }: { status: number; body: { code?: string } }) => [
  status,
  body.code,
]

describe('a token', () => {
  it('takes five wrong guesses, and says how many it takes still', async () => {
    const device = await register()
    const token = await challenge(device)

    const answers = await useUp(device, token)

    expect(answers.map(({ body }) => [body.code, body.guessesLeft])).toEqual([
      ['invalid_token', 4],
      ['invalid_token', 3],
      ['invalid_token', 2],
      ['invalid_token', 1],
      ['invalid_token', 0],
    ])
  })

  it('that is used up takes no guess, not even the right one, and counts none', async () => {
    const device = await register()
    const token = await challenge(device)
    await useUp(device, token)
    const before = await itemOf(store, device)

    const answers = [await verify(device, not(token)), await verify(device, token)]

    expect(answers.map(codeOf)).toEqual([
      [403, 'token_used_up'],
      [403, 'token_used_up'],
    ])
    expect(answers[0]?.body).toEqual(answers[1]?.body)
    expect(answers[0]?.body.detail).toContain('ask for a new token')
    expect(await itemOf(store, device)).toEqual(before)
  })

  it('that is used up is no pending token any more', async () => {
    const device = await register()
    await useUp(device, await challenge(device))

    const { body } = await invoke(stateFunction.handler, { ...device, method: 'GET' })

    expect(body.state).toBe('used_up')
  })

  it('takes five guesses again after the next challenge, which clears no failure', async () => {
    const device = await register()
    await useUp(device, await challenge(device))
    const next = await challenge(device)

    const answers = await useUp(device, next)

    expect(answers.map(({ body }) => [body.failureCount, body.guessesLeft])).toEqual([
      [6, 4],
      [7, 3],
      [8, 2],
      [9, 1],
      [10, 0],
    ])
    expect(codeOf(await verify(device, next))).toEqual([403, 'token_used_up'])
  })

  it('that is right is accepted until its guesses end', async () => {
    const device = await register()
    const token = await challenge(device)
    for (let n = 0; n < 4; n++) await verify(device, not(token))

    expect((await verify(device, token)).status).toBe(200)
  })

  it('takes five of a burst of twenty', async () => {
    const device = await register()
    const token = await challenge(device)

    const burst = await Promise.all(Array.from({ length: 20 }, () => verify(device, not(token))))

    const counted = burst.filter(({ body }) => body.code === 'invalid_token')
    expect(counted.length).toBe(5)
    expect((await itemOf(store, device)).failures).toBe(5)
  })

  it('that has expired takes guesses, up to its number', async () => {
    const device = await register()
    const token = await challenge(device)
    vi.setSystemTime(noon + 3_600_000)

    const answers = []
    for (const guess of [token, token, not(token), token, token, token, not(token)]) {
      answers.push((await verify(device, guess)).body.code)
    }

    expect(answers).toEqual([...Array(5).fill('invalid_token'), ...Array(2).fill('token_used_up')])
  })

  it('whose fifth miss was lost on the way is found to be counted', async () => {
    const device = await register()
    const token = await challenge(device)
    for (let n = 0; n < 4; n++) await verify(device, not(token))

    const last = await verify(device, not(token), {}, { 'Idempotency-Key': 'last' })
    const again = await verify(device, not(token), {}, { 'Idempotency-Key': 'last' })

    expect([last.body.guessesLeft, again.body]).toEqual([0, last.body])
  })

  it('that is used up is not sent again', async () => {
    const device = await register()
    await useUp(device, await challenge(device))
    const before = twilio.requests.length

    const answer = await ask(device, { resend: true })

    expect(codeOf(answer)).toEqual([409, 'nothing_to_resend'])
    expect(twilio.requests.length).toBe(before)
  })

  it('that is used up is sent again where the setting was unset meanwhile', async () => {
    const device = await register()
    await useUp(device, await challenge(device))
    vi.stubEnv('OTP_TWILIO_TOKEN_GUESSES', '')

    expect((await ask(device, { resend: true })).status).toBe(200)
    expect((await verify(device, newest())).status).toBe(200)
  })

  it('takes no more guesses for being sent again', async () => {
    const device = await register()
    const token = await challenge(device)
    for (let n = 0; n < 3; n++) await verify(device, not(token))

    await ask(device, { resend: true })

    expect((await verify(device, not(token))).body.guessesLeft).toBe(1)
  })

  it('takes no more guesses for a retry of its challenge', async () => {
    const device = await register()
    const headers = { 'Idempotency-Key': 'login-1' }
    await ask(device, {}, headers)
    const token = newest()
    await verify(device, not(token))

    await ask(device, {}, headers)

    expect((await verify(device, not(token))).body.guessesLeft).toBe(3)
  })

  it('takes five guesses anew after a reset', async () => {
    const device = await register()
    const token = await challenge(device)
    await useUp(device, token)

    await invoke(resetFunction.handler, device)

    expect((await verify(device, not(token))).body.guessesLeft).toBe(4)
    expect((await verify(device, token)).status).toBe(200)
  })

  it('of before the setting takes guesses without a bound', async () => {
    vi.stubEnv('OTP_TWILIO_TOKEN_GUESSES', '')
    const device = await register()
    const token = await challenge(device)
    vi.stubEnv('OTP_TWILIO_TOKEN_GUESSES', '1')

    const answers = [await verify(device, not(token)), await verify(device, not(token))]

    expect(answers.map(({ body }) => [body.code, body.guessesLeft])).toEqual([
      ['invalid_token', undefined],
      ['invalid_token', undefined],
    ])
    expect((await verify(device, token)).status).toBe(200)
  })

  it('has no end left over from before the setting was unset and set', async () => {
    const device = await register()
    await useUp(device, await challenge(device))
    vi.stubEnv('OTP_TWILIO_TOKEN_GUESSES', '')
    const token = await challenge(device)
    vi.stubEnv('OTP_TWILIO_TOKEN_GUESSES', '5')

    expect((await verify(device, token)).status).toBe(200)
  })
})

describe('a guess without a token', () => {
  const ways: [string, (device: DeviceKey) => Promise<string>][] = [
    ['was never challenged', async () => '123456'],
    [
      'has used its token',
      async device => {
        const token = await challenge(device)
        await verify(device, token)
        return token
      },
    ],
    [
      'got its token back from Twilio',
      async device => {
        refuses = true
        expect((await ask(device)).status).toBe(502)
        return newest()
      },
    ],
    [
      'has another number now',
      async device => {
        const token = await challenge(device)
        await useUp(device, token)
        await invoke(updateFunction.handler, { ...device, body: { number: someNumber() } })
        return token
      },
    ],
  ]

  it.each(ways)('is no_token and no failure where the device %s', async (_, arrange) => {
    const device = await register()
    const token = await arrange(device)
    const before = await itemOf(store, device)

    const answers = [await verify(device, token), await verify(device, not(token))]

    expect(answers.map(codeOf)).toEqual([
      [403, 'no_token'],
      [403, 'no_token'],
    ])
    expect(answers[0]?.body.detail).toContain('ask for a new token')
    expect(await itemOf(store, device)).toEqual(before)
  })

  it('counts where the setting is unset, as in the original', async () => {
    vi.stubEnv('OTP_TWILIO_TOKEN_GUESSES', '')
    const device = await register()

    const { body } = await verify(device, '123456')

    expect([body.code, body.failureCount, body.guessesLeft]).toEqual([
      'invalid_token',
      1,
      undefined,
    ])
  })
})

describe('the order of the answers', () => {
  it('is used up before locked, at the miss that is both', async () => {
    vi.stubEnv('OTP_TWILIO_THROTTLE_FACTOR', '1')
    vi.stubEnv('OTP_TWILIO_TOKEN_GUESSES', '1')
    const device = await register()
    const token = await challenge(device)

    const miss = await verify(device, not(token))
    const next = await verify(device, token)

    expect([miss.body.lockedUntil, miss.body.guessesLeft]).toEqual(['2026-01-01T12:00:01.000Z', 0])
    expect(codeOf(next)).toEqual([403, 'token_used_up'])
  })

  it('is disabled before used up', async () => {
    vi.stubEnv('OTP_TWILIO_MAX_FAILURES', '5')
    const device = await register()
    const token = await challenge(device)
    await useUp(device, token)

    expect(codeOf(await verify(device, token))).toEqual([403, 'device_disabled'])
  })

  it('is used up before the factor is looked at, so nothing is written', async () => {
    const device = await register()
    const token = await challenge(device)
    await useUp(device, token)
    vi.stubEnv('OTP_TWILIO_THROTTLE_FACTOR', '1')
    const before = await itemOf(store, device)

    expect(codeOf(await verify(device, token))).toEqual([403, 'token_used_up'])
    expect(await itemOf(store, device)).toEqual(before)
  })
})

describe('as shipped', () => {
  beforeEach(() => {
    for (const [name, value] of Object.entries(shippedSettings)) {
      if (name.startsWith('OTP_TWILIO_') && name !== 'OTP_TWILIO_URL') vi.stubEnv(name, value)
    }
    vi.stubEnv('OTP_TWILIO_FROM', '+15005550006')
  })

  it('a hundred guesses disable no device that no SMS was sent to', async () => {
    const device = await register()

    for (let n = 0; n < 100; n++) {
      vi.setSystemTime(noon + n * 3_600_000)
      await verify(device, '123456')
    }

    expect((await itemOf(store, device)).failures).toBe(0)
  })

  it('it takes twenty SMS to disable a device', async () => {
    const device = await register()
    const before = twilio.requests.length
    let now = noon
    let guess = '000000'
    const codes: string[] = []

    while (codes.at(-1) !== 'device_disabled') {
      now += 3_600_000
      vi.setSystemTime(now)
      const { body } = await verify(device, guess)
      codes.push(body.code)
      if (body.code !== 'no_token' && body.code !== 'token_used_up') continue
      guess = not(await challenge(device))
    }

    expect(twilio.requests.length - before).toBe(20)
    expect(codes.filter(code => code === 'invalid_token')).toHaveLength(100)
  })
})

describe('a guess that names its challenge', () => {
  it('is compared where that is the one whose token lives', async () => {
    const device = await register()
    const { body } = await ask(device)

    const answer = await verify(device, newest(), { challengeId: body.challengeId })

    expect(answer.status).toBe(200)
  })

  it('is neither compared nor counted where it is another', async () => {
    const device = await register()
    const first = await ask(device)
    const token = await challenge(device)
    const before = await itemOf(store, device)
    const { challengeId } = first.body

    const answers = [
      await verify(device, token, { challengeId }),
      await verify(device, not(token), { challengeId }),
    ]

    expect(answers.map(codeOf)).toEqual([
      [403, 'challenge_replaced'],
      [403, 'challenge_replaced'],
    ])
    expect(answers[0]?.body).toEqual(answers[1]?.body)
    expect(await itemOf(store, device)).toEqual(before)
  })

  it.each([
    ['the challenge', 0],
    ['the last resend', 2],
  ])('may name %s where its token was sent again', async (_, n) => {
    const device = await register()
    const ids = [await ask(device)]
    const token = newest()
    for (let n = 0; n < 2; n++) ids.push(await ask(device, { resend: true }))

    const answer = await verify(device, token, { challengeId: ids[n]?.body.challengeId })

    expect(newest()).toBe(token)
    expect(answer.status).toBe(200)
  })

  it('does not have to, unless OTP_REQUIRE_CHALLENGE_ID says so', async () => {
    const device = await register()
    const { body } = await ask(device)
    vi.stubEnv('OTP_REQUIRE_CHALLENGE_ID', 'true')

    const without = await verify(device, newest())
    const named = await verify(device, newest(), { challengeId: body.challengeId })

    expect(codeOf(without)).toEqual([400, 'invalid_body'])
    expect(without.body.detail).toBe('The member challengeId is missing.')
    expect(named.status).toBe(200)
  })
})

// The channels of a token: SMS, call and WhatsApp; and the same token, sent again.
import { randomUUID } from 'node:crypto'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { StandInAnswer } from '../../../infra/local/twilio/messages.ts'
import type { DeviceKey } from '../../../lib/device/device.ts'
import { connectStore } from '../../../lib/dynamodb/client.ts'
import { noon } from '../../support/device.ts'
import { itemOf } from '../../support/devices.ts'
import { freezeAtNoon } from '../../support/frozen-clock.ts'
import { invoke, registerDevice } from '../../support/lambda.ts'
import { startTwilio } from '../../support/twilio.ts'

let answers: StandInAnswer[] = []
const twilio = await startTwilio(() => answers.shift())
const [create, challenge, verify, getChallenge, update] = await Promise.all(
  ['create-device', 'challenge', 'verify', 'get-challenge', 'update-device'].map(
    async name => (await import(`../../../functions/${name}.ts`)).handler,
  ),
)
const store = connectStore()

freezeAtNoon()
beforeEach(() => {
  answers = []
  Object.assign(process.env, {
    OTP_PUBLIC_URL: 'https://otp.example',
    OTP_TWILIO_CHANNELS: 'sms,call,whatsapp',
    OTP_TWILIO_WHATSAPP_FROM: '+15005550007',
  })
})

const register = (number = '+15555550100') => registerDevice(create, number)

function ask(device: DeviceKey, body: object = {}, headers = {}) {
  return invoke(challenge, { ...device, body, headers })
}

/** The digits of the last message, however they were said. */
function lastToken(): string {
  return twilio.messages.at(-1)!.body.replace(/\D/g, '')
}

async function verifies(device: DeviceKey, token: string) {
  return (await invoke(verify, { ...device, body: { token } })).status
}

describe('a call', () => {
  const french = { channel: 'call', locale: 'fr-CA' }

  it('is placed at Twilio’s Calls with nothing of it in a URL', async () => {
    const { status, body } = await ask(await register(), french)

    const { path, form } = twilio.requests.at(-1)!
    expect([status, body.message]).toEqual([200, 'Calling'])
    expect(path).toBe('/2010-04-01/Accounts/AC00000000000000000000000000000000/Calls.json')
    expect(form).toMatchObject({ To: '+15555550100', From: '+15005550006', Timeout: '30' })
    expect(form.StatusCallback).toMatch(/^https:\/\/otp\.example\/users\/.*\/status$/)
  })

  it('says the digits one by one in the language of the locale', async () => {
    await ask(await register(), french)

    expect(twilio.requests.at(-1)!.form.Twiml).toContain('<Say language="fr-CA">Votre code est ')
    expect(twilio.messages.at(-1)!.body).toMatch(/^Votre code est \d, \d, \d, \d, \d, \d\.$/)
  })

  it('says a token that verifies', async () => {
    const device = await register()

    await ask(device, french)

    expect(await verifies(device, lastToken())).toBe(200)
  })

  it('is not placed from a sender id', async () => {
    process.env.OTP_TWILIO_FROM = 'ACME'
    const device = await register()
    const before = twilio.requests.length

    const { status, body } = await ask(device, { channel: 'call' })

    expect([status, body.code]).toEqual([500, 'not_configured'])
    expect(body.detail).toContain('OTP_TWILIO_FROM must be a number')
    expect(twilio.requests.length).toBe(before)
  })

  it('needs a number to call from', async () => {
    Object.assign(process.env, { OTP_TWILIO_FROM: '', OTP_TWILIO_MESSAGING_SERVICE_SID: 'MG1' })
    const device = await register()

    const { status, body } = await ask(device, { channel: 'call' })

    expect([status, body.code]).toEqual([500, 'not_configured'])
    expect(body.detail).toContain('OTP_TWILIO_FROM')
  })

  it.each([
    [{ status: 500, body: {} }, 504, 'delivery_unknown', 1],
    [{ fault: 'reset' as const }, 504, 'delivery_unknown', 1],
    [{ status: 400, body: { code: 21214 } }, 422, 'undeliverable_number', 1],
    [{ status: 400, body: { code: 21215 } }, 422, 'undeliverable_number', 1],
    [{ status: 400, body: { code: 21210 } }, 502, 'delivery_failed', 1],
    [{ status: 201, body: { sid: 'CA1', status: 'failed' } }, 502, 'delivery_failed', 1],
    [{ status: 201, body: {} }, 504, 'delivery_unknown', 1],
  ])('ends as an SMS does: %o', async (answer, status, code, requests) => {
    answers = [answer]
    const device = await register()
    const before = twilio.requests.length

    const answered = await ask(device, { channel: 'call' })

    expect([answered.status, answered.body.code]).toEqual([status, code])
    expect(twilio.requests.length - before).toBe(requests)
  })

  it('that Twilio is too busy for is placed once', async () => {
    answers = [{ status: 429, headers: { 'retry-after': '0' }, body: {} }]
    const device = await register()
    const before = twilio.messages.length

    const { status } = await ask(device, { channel: 'call' })

    expect([status, twilio.messages.length - before]).toEqual([200, 1])
  })
})

describe('a WhatsApp message', () => {
  it('goes from the WhatsApp sender to the WhatsApp user', async () => {
    const device = await register()

    const { body } = await ask(device, { channel: 'whatsapp' })

    const { form } = twilio.requests.at(-1)!
    expect(body.message).toBe('Sent by WhatsApp')
    expect(form).toMatchObject({ To: 'whatsapp:+15555550100', From: 'whatsapp:+15005550007' })
    expect(twilio.messages.at(-1)).toMatchObject({ channel: 'whatsapp', to: '+15555550100' })
    expect(await verifies(device, lastToken())).toBe(200)
  })

  it('is the approved template where there is one', async () => {
    process.env.OTP_TWILIO_WHATSAPP_CONTENT_SID = 'HX1'
    const device = await register()

    await ask(device, { channel: 'whatsapp' })

    const { form } = twilio.requests.at(-1)!
    expect([form.ContentSid, form.Body]).toEqual(['HX1', undefined])
    const token = JSON.parse(form.ContentVariables!)[1]
    expect(await verifies(device, token)).toBe(200)
  })

  it('goes by the messaging service without a sender of its own', async () => {
    process.env.OTP_TWILIO_WHATSAPP_FROM = ''
    process.env.OTP_TWILIO_MESSAGING_SERVICE_SID = 'MG1'

    const { status } = await ask(await register(), { channel: 'whatsapp' })

    expect(status).toBe(200)
    expect(twilio.requests.at(-1)!.form.MessagingServiceSid).toBe('MG1')
  })

  it('never goes from an SMS number', async () => {
    process.env.OTP_TWILIO_WHATSAPP_FROM = ''

    const { status, body } = await ask(await register(), { channel: 'whatsapp' })

    expect(status).toBe(500)
    expect(body.detail).toContain('OTP_TWILIO_WHATSAPP_FROM')
  })
})

describe('a channel', () => {
  it('that is not on is refused before anything is written', async () => {
    process.env.OTP_TWILIO_CHANNELS = 'sms,whatsapp'
    const device = await register()

    const { status, body } = await ask(device, { channel: 'call' })

    expect([status, body.code]).toEqual([422, 'channel_not_enabled'])
    expect(body.channels).toEqual(['sms', 'whatsapp'])
    expect((await ask(device)).status).toBe(200)
  })

  it('is SMS alone unless others are on', async () => {
    process.env.OTP_TWILIO_CHANNELS = ''
    const device = await register()

    expect((await ask(device, { channel: 'whatsapp' })).body.code).toBe('channel_not_enabled')
    expect((await ask(device)).status).toBe(200)
  })

  it.each([{ channel: 'pigeon' }, { resend: 'yes' }, { locale: 7 }, { other: 1 }])(
    'of a bad body is refused: %o',
    async body => {
      const device = await register()

      expect((await ask(device, body)).body.code).toBe('invalid_body')
    },
  )
})

describe('the channel of a delivery', () => {
  const known = async (number: string) => (await ask(await register(number))).body.delivery.channel

  it.each([
    ['is known where all countries have the same', { DE: { from: '+15005550008' } }, 'sms'],
    ['is not where its country has another', { DE: { channel: 'call' } }, null],
    ['is not where another country has another', { FR: { channel: 'call' } }, null],
  ])('%s, before Twilio reports it', async (_, routes, channel) => {
    process.env.OTP_TWILIO_ROUTES = JSON.stringify(routes)

    expect(await known('+4930901234')).toBe(channel)
  })
})

describe('a resend', () => {
  /** A challenge, and the same token by a call ten seconds later. */
  async function resendByCall() {
    const device = await register()
    const first = await ask(device)
    const token = lastToken()
    vi.setSystemTime(noon + 10_000)
    const again = await ask(device, { resend: true, channel: 'call' })
    return { device, first, token, again }
  }

  it('sends the very same token by another channel', async () => {
    const { device, first, token, again } = await resendByCall()

    expect([again.status, lastToken()]).toEqual([200, token])
    expect(again.body.validUntil).toBe(first.body.validUntil)
    expect(await verifies(device, token)).toBe(200)
  })

  it('is a challenge of its own', async () => {
    const { first, again } = await resendByCall()

    expect(again.body.challengeId).not.toBe(first.body.challengeId)
    expect(again.body.delivery).toMatchObject({ status: 'queued', at: '2026-01-01T12:00:10.000Z' })
  })

  it('has the length that its token was made with', async () => {
    process.env.OTP_TWILIO_TOKEN_LENGTH = '8'
    const device = await register()
    await ask(device)
    const token = lastToken()
    process.env.OTP_TWILIO_TOKEN_LENGTH = '6'

    const before = twilio.messages.length

    const { status } = await ask(device, { resend: true })

    expect([status, twilio.messages.length - before, lastToken()]).toEqual([200, 1, token])
  })

  it('charges the cooldown like a challenge', async () => {
    process.env.OTP_TWILIO_COOLDOWN = '10'
    const device = await register()
    await ask(device)
    const early = await ask(device, { resend: true })
    vi.setSystemTime(noon + 10_000)
    const inTime = await ask(device, { resend: true })

    const next = await ask(device)

    expect([early.body.code, inTime.status, next.body.code]).toEqual(['cooldown', 200, 'cooldown'])
    expect(inTime.body.nextChallengeAt).toBe('2026-01-01T12:00:20.000Z')
  })

  it.each<[string, (device: DeviceKey) => Promise<unknown>]>([
    ['was never challenged', async () => {}],
    [
      'has used its token',
      async device => {
        await ask(device)
        await verifies(device, lastToken())
      },
    ],
    [
      'let its token expire',
      async device => {
        await ask(device)
        vi.setSystemTime(noon + 30_000)
      },
    ],
    [
      'changed its number',
      async device => {
        await ask(device)
        await invoke(update, { ...device, body: { number: '+15555550101' } })
      },
    ],
  ])('has nothing to send to a device that %s', async (_, prepare) => {
    const device = await register()
    await prepare(device)
    const before = twilio.requests.length
    const untouched = await itemOf(store, device)

    const { status, body } = await ask(device, { resend: true })

    expect([status, body.code]).toEqual([409, 'nothing_to_resend'])
    expect(twilio.requests.length).toBe(before)
    expect(await itemOf(store, device)).toEqual(untouched)
  })

  /** A resend that Twilio refuses, as the page that waits for it sees it. */
  async function refusedResend() {
    process.env.OTP_TWILIO_COOLDOWN = '10'
    const device = await register()
    await ask(device)
    const token = lastToken()
    vi.setSystemTime(noon + 10_000)
    answers = [{ status: 400, body: { code: 21610 } }]
    const { body } = await ask(device, { resend: true })
    const shown = await invoke(getChallenge, { ...device, method: 'GET' })
    return { device, token, body, shown: shown.body }
  }

  it('that Twilio refuses leaves the token good', async () => {
    const { device, token, shown } = await refusedResend()

    expect(shown.state).toBe('pending')
    expect(await verifies(device, token)).toBe(200)
  })

  it('that Twilio refuses refunds the cooldown', async () => {
    expect((await refusedResend()).shown.nextChallengeAt).toBeNull()
  })

  it('that Twilio refuses is a failed delivery', async () => {
    const { body, shown } = await refusedResend()

    expect(body.code).toBe('undeliverable_number')
    expect(shown.delivery).toMatchObject({ status: 'failed', reason: 'opted_out' })
  })

  it('is sent once for one Idempotency-Key', async () => {
    const device = await register()
    await ask(device)
    const before = twilio.requests.length
    const headers = { 'idempotency-key': 'again' }

    const first = await ask(device, { resend: true }, headers)
    const retry = await ask(device, { resend: true }, headers)

    expect([first.status, retry.status]).toEqual([200, 200])
    expect(retry.body.challengeId).toBe(first.body.challengeId)
    expect(twilio.requests.length - before).toBe(1)
  })

  it('to a device that is not there is not found', async () => {
    const device = await register()

    const { body } = await ask({ ...device, deviceId: randomUUID() }, { resend: true })

    expect(body.code).toBe('device_not_found')
  })

  it('to a disabled device is refused', async () => {
    process.env.OTP_TWILIO_MAX_FAILURES = '1'
    const device = await register()
    await ask(device)
    await verifies(device, 'wrong')

    expect((await ask(device, { resend: true })).body.code).toBe('device_disabled')
  })
})

describe('an SMS', () => {
  it('needs a sender', async () => {
    Object.assign(process.env, { OTP_TWILIO_FROM: '', OTP_TWILIO_MESSAGING_SERVICE_SID: '' })

    const { status, body } = await ask(await register())

    expect([status, body.detail]).toEqual([
      500,
      'OTP_TWILIO_FROM or OTP_TWILIO_MESSAGING_SERVICE_SID must be set.',
    ])
  })

  it('without a key, and where no proofs are made, keeps nothing for either', async () => {
    const device = await register()

    await ask(device)

    const { challenge } = await itemOf(store, device)
    expect([challenge.payload ?? '', 'via' in challenge]).toEqual(['', false])
  })

  it('is in the language of the locale, or else of the number', async () => {
    process.env.OTP_TWILIO_TOKEN_TEMPLATES = '{"it": "Il codice: {token}"}'
    const german = await register('+4915123456789')

    const texts: string[] = []
    for (const body of [{}, { locale: 'it-CH' }, { locale: 'ja' }, { locale: '¿?' }]) {
      await ask(german, body)
      texts.push(twilio.messages.at(-1)!.body.replace(/\d{6}/, '…'))
    }

    expect(texts).toEqual([
      '… ist Ihr Code. Geben Sie ihn niemandem weiter.',
      'Il codice: …',
      '… ist Ihr Code. Geben Sie ihn niemandem weiter.',
      '… ist Ihr Code. Geben Sie ihn niemandem weiter.',
    ])
  })

  it('is in English to an American number', async () => {
    process.env.OTP_TWILIO_TOKEN_TEMPLATES = '{"it": "Il codice: {token}"}'

    await ask(await register())

    expect(twilio.messages.at(-1)!.body).toMatch(/^\d{6} is your code\. Never share it\.$/)
  })

  it('ends with the lines by which phones fill the token in', async () => {
    process.env.OTP_TWILIO_ORIGIN = 'example.com'
    process.env.OTP_TWILIO_ANDROID_HASH = 'FA+9qCX9VSu'
    const device = await register()

    await ask(device)

    const { body } = twilio.messages.at(-1)!
    const token = body.slice(0, 6)
    expect(body).toBe(`${token}\n\nFA+9qCX9VSu\n@example.com #${token}`)
  })
})

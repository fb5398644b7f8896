// The same token by another way: SMS, call and WhatsApp, and sent again.
import { randomUUID } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { StandInAnswer } from '../../../infra/local/twilio/messages.ts'
import type { DeviceKey } from '../../../lib/device/device.ts'
import { connectStore } from '../../../lib/dynamodb/client.ts'
import { itemOf } from '../../support/devices.ts'
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
const settings = { ...process.env }
const noon = Date.UTC(2026, 0, 1, 12)

beforeEach(() => {
  answers = []
  process.env = {
    ...settings,
    OTP_PUBLIC_URL: 'https://otp.example',
    OTP_TWILIO_CHANNELS: 'sms,call,whatsapp',
    OTP_TWILIO_WHATSAPP_FROM: '+15005550007',
  }
  vi.useFakeTimers({ toFake: ['Date'], now: noon })
})

afterEach(() => {
  vi.useRealTimers()
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
  it('says the digits one by one, in the language of the locale, and nothing of it is in a URL', async () => {
    const device = await register()

    const { status, body } = await ask(device, { channel: 'call', locale: 'fr-CA' })

    const { path, form } = twilio.requests.at(-1)!
    expect([status, body.message]).toEqual([200, 'Calling'])
    expect(path).toBe('/2010-04-01/Accounts/AC00000000000000000000000000000000/Calls.json')
    expect(form).toMatchObject({ To: '+15555550100', From: '+15005550006', Timeout: '30' })
    expect(form.Twiml).toContain('<Say language="fr-CA">Votre code est ')
    expect(twilio.messages.at(-1)!.body).toMatch(/^Votre code est \d, \d, \d, \d, \d, \d\.$/)
    expect(form.StatusCallback).toMatch(/^https:\/\/otp\.example\/users\/.*\/status$/)
    expect(await verifies(device, lastToken())).toBe(200)
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
    [{ status: 400, body: { code: 21210 } }, 502, 'delivery_failed', 1],
    [{ status: 201, body: {} }, 504, 'delivery_unknown', 1],
  ])('ends as an SMS does: %o', async (answer, status, code, requests) => {
    answers = [answer]
    const device = await register()
    const before = twilio.requests.length

    const answered = await ask(device, { channel: 'call' })

    expect([answered.status, answered.body.code]).toEqual([status, code])
    expect(twilio.requests.length - before).toBe(requests)
  })

  it('that Twilio is too busy for is placed again, and once', async () => {
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

  it('goes by the messaging service without a sender of its own, and not from an SMS number', async () => {
    process.env.OTP_TWILIO_WHATSAPP_FROM = ''
    const device = await register()
    const bare = await ask(device, { channel: 'whatsapp' })
    process.env.OTP_TWILIO_MESSAGING_SERVICE_SID = 'MG1'

    const { status } = await ask(device, { channel: 'whatsapp' })

    expect([bare.status, status]).toEqual([500, 200])
    expect(bare.body.detail).toContain('OTP_TWILIO_WHATSAPP_FROM')
    expect(twilio.requests.at(-1)!.form.MessagingServiceSid).toBe('MG1')
  })
})

describe('a channel', () => {
  it('that is not on is refused, and nothing is written', async () => {
    process.env.OTP_TWILIO_CHANNELS = 'sms,whatsapp'
    const device = await register()

    const { status, body } = await ask(device, { channel: 'call' })

    expect([status, body.code]).toEqual([422, 'channel_not_enabled'])
    expect(body.channels).toEqual(['sms', 'whatsapp'])
    expect((await ask(device)).status).toBe(200)
  })

  it('is SMS alone, unless others are on', async () => {
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

describe('a resend', () => {
  it('sends the very same token by another way, and is a challenge of its own', async () => {
    const device = await register()
    const first = await ask(device)
    const token = lastToken()
    vi.setSystemTime(noon + 10_000)

    const again = await ask(device, { resend: true, channel: 'call' })

    expect([again.status, lastToken()]).toEqual([200, token])
    expect(again.body.validUntil).toBe(first.body.validUntil)
    expect(again.body.challengeId).not.toBe(first.body.challengeId)
    expect(again.body.delivery).toMatchObject({ status: 'queued', at: '2026-01-01T12:00:10.000Z' })
    expect(await verifies(device, token)).toBe(200)
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

  it('that Twilio refuses leaves the token good, and gives the cooldown back', async () => {
    process.env.OTP_TWILIO_COOLDOWN = '10'
    const device = await register()
    await ask(device)
    const token = lastToken()
    vi.setSystemTime(noon + 10_000)
    answers = [{ status: 400, body: { code: 21610 } }]

    const refused = await ask(device, { resend: true })

    const shown = await invoke(getChallenge, { ...device, method: 'GET' })
    expect(refused.body.code).toBe('undeliverable_number')
    expect(shown.body).toMatchObject({
      state: 'pending',
      nextChallengeAt: null,
      delivery: { status: 'failed', reason: 'opted_out' },
    })
    expect(await verifies(device, token)).toBe(200)
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

  it('of nobody is not found, and of a disabled device refused', async () => {
    process.env.OTP_TWILIO_MAX_FAILURES = '1'
    const device = await register()
    await ask(device)
    await verifies(device, 'wrong')

    const disabled = await ask(device, { resend: true })
    const nobody = await ask({ ...device, deviceId: randomUUID() }, { resend: true })

    expect([disabled.body.code, nobody.body.code]).toEqual(['device_disabled', 'device_not_found'])
  })
})

describe('an SMS', () => {
  it('is in the language of the locale, of the number, or English', async () => {
    process.env.OTP_TWILIO_TOKEN_TEMPLATES = '{"it": "Il codice: {token}"}'
    const german = await register('+4915123456789')
    const texts: string[] = []
    for (const body of [{}, { locale: 'it-CH' }, { locale: 'ja' }, { locale: '¿?' }]) {
      await ask(german, body)
      texts.push(twilio.messages.at(-1)!.body.replace(/\d{6}/, '…'))
    }

    const american = await register()
    await ask(american)

    expect(texts).toEqual([
      '… ist Ihr Code. Geben Sie ihn niemandem weiter.',
      'Il codice: …',
      '… ist Ihr Code. Geben Sie ihn niemandem weiter.',
      '… ist Ihr Code. Geben Sie ihn niemandem weiter.',
    ])
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

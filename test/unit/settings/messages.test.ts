// The settings of channels, wording, callbacks and test numbers: what each takes, and how it is
// refused.
import { describe, expect, it } from 'vitest'
import { answerMessage, callbackBase } from '../../../lib/delivery/deliver.ts'
import { type Channel, channels } from '../../../lib/settings/channels.ts'
import { messageRoutes } from '../../../lib/settings/countries.ts'
import { deviceSettings } from '../../../lib/settings/device.ts'
import { messageSettings } from '../../../lib/settings/messages.ts'
import {
  faultOfTestNumbers,
  findTestNumber,
  isInUse,
  testNumbers,
} from '../../../lib/settings/test-numbers.ts'
import { statusCallbackUrl } from '../../../lib/twilio/callback.ts'

const read = (env: Record<string, string>) => {
  const { channels } = deviceSettings(env)
  return { ...messageSettings(env), channels }
}

/** 253 characters, in labels of 63. */
const longestHost = `${`${'a'.repeat(63)}.`.repeat(3)}${'a'.repeat(61)}`

describe('a setting of messages', () => {
  it('is off by default and when it is empty', () => {
    const none = {
      publicUrl: null,
      whatsappFrom: null,
      whatsappContentSid: null,
      origin: null,
      androidHash: null,
      templates: null,
      ownLanguages: [],
      channels: ['sms'],
    }
    const names = ['CHANNELS', 'WHATSAPP_FROM', 'WHATSAPP_CONTENT_SID', 'ORIGIN', 'ANDROID_HASH']
    const empty = Object.fromEntries(
      [...names, 'TOKEN_TEMPLATES'].map(name => [`OTP_TWILIO_${name}`, '']),
    )

    expect(read({})).toEqual(none)
    expect(read({ ...empty, OTP_PUBLIC_URL: ' ' })).toEqual(none)
  })

  it.each([
    ['OTP_TWILIO_CHANNELS', 'whatsapp, sms', { channels: ['sms', 'whatsapp'] }],
    ['OTP_TWILIO_WHATSAPP_FROM', '+15005550006', { whatsappFrom: '+15005550006' }],
    ['OTP_TWILIO_WHATSAPP_CONTENT_SID', 'HX0a', { whatsappContentSid: 'HX0a' }],
    ['OTP_TWILIO_ORIGIN', 'a-b.example.com', { origin: 'a-b.example.com' }],
    ['OTP_TWILIO_ANDROID_HASH', 'FA+9qCX9VSu', { androidHash: 'FA+9qCX9VSu' }],
    ['OTP_TWILIO_TOKEN_TEMPLATES', '{"pt-BR":"{token}!"}', { ownLanguages: ['pt-BR'] }],
    ['OTP_TWILIO_CHANNELS', 'call', { channels: ['call'] }],
    ['OTP_TWILIO_WHATSAPP_FROM', '+1234567', { whatsappFrom: '+1234567' }],
    ['OTP_TWILIO_WHATSAPP_FROM', '+123456789012345', { whatsappFrom: '+123456789012345' }],
    ['OTP_TWILIO_ORIGIN', 'localhost', { origin: 'localhost' }],
    ['OTP_TWILIO_ORIGIN', 'x.y', { origin: 'x.y' }],
    ['OTP_TWILIO_ORIGIN', longestHost, { origin: longestHost }],
    ['OTP_TWILIO_TOKEN_TEMPLATES', '{"haw":"{token}"}', { ownLanguages: ['haw'] }],
    ['OTP_TWILIO_TOKEN_TEMPLATES', '{"de-AT-1996":"{token}"}', { ownLanguages: ['de-AT-1996'] }],
    ['OTP_PUBLIC_URL', 'https://otp.example/v1/', { publicUrl: 'https://otp.example/v1' }],
    ['OTP_PUBLIC_URL', 'https://otp.example//', { publicUrl: 'https://otp.example' }],
  ])('%s takes %s', (name, value, expected) => {
    expect(read({ [name]: value })).toMatchObject(expected)
  })

  it.each([
    ['OTP_TWILIO_CHANNELS', 'sms,pigeon'],
    ['OTP_TWILIO_CHANNELS', ','],
    ['OTP_TWILIO_WHATSAPP_FROM', 'whatsapp:+15005550006'],
    ['OTP_TWILIO_WHATSAPP_FROM', '+05005550006'],
    ['OTP_TWILIO_WHATSAPP_FROM', '+123456'],
    ['OTP_TWILIO_WHATSAPP_FROM', '+1234567890123456'],
    ['OTP_TWILIO_WHATSAPP_FROM', '+15005550006x'],
    ['OTP_TWILIO_WHATSAPP_CONTENT_SID', 'MG0a'],
    ['OTP_TWILIO_WHATSAPP_CONTENT_SID', 'HX'],
    ['OTP_TWILIO_WHATSAPP_CONTENT_SID', 'xHX0a'],
    ['OTP_TWILIO_WHATSAPP_CONTENT_SID', 'HX0a-'],
    ['OTP_TWILIO_ORIGIN', `${longestHost}a`],
    ['OTP_TWILIO_ORIGIN', `${'a'.repeat(64)}.example`],
    ['OTP_TWILIO_ORIGIN', `example.${'a'.repeat(64)}`],
    ['OTP_TWILIO_ORIGIN', 'a..example'],
    ['OTP_TWILIO_ORIGIN', '-a.example'],
    ['OTP_TWILIO_ORIGIN', 'a-.example'],
    ['OTP_TWILIO_ORIGIN', 'a.-example'],
    ['OTP_TWILIO_ORIGIN', 'a.example-'],
    ['OTP_TWILIO_ORIGIN', 'A.example'],
    ['OTP_TWILIO_ANDROID_HASH', 'FA+9qCX9VSux'],
    ['OTP_TWILIO_ANDROID_HASH', 'FA-9qCX9VSu'],
    ['OTP_TWILIO_TOKEN_TEMPLATES', 'null'],
    ['OTP_TWILIO_TOKEN_TEMPLATES', '5'],
    ['OTP_TWILIO_TOKEN_TEMPLATES', '{"de": 5}'],
    ['OTP_TWILIO_TOKEN_TEMPLATES', '{"d": "{token}"}'],
    ['OTP_TWILIO_TOKEN_TEMPLATES', '{"dede": "{token}"}'],
    ['OTP_TWILIO_TOKEN_TEMPLATES', '{"1de": "{token}"}'],
    ['OTP_TWILIO_TOKEN_TEMPLATES', '{"de-A": "{token}"}'],
    ['OTP_TWILIO_TOKEN_TEMPLATES', '{"de-AT!": "{token}"}'],
    ['OTP_TWILIO_TOKEN_TEMPLATES', '{"de": "{token}", "fr": "canary"}'],
    ['OTP_TWILIO_ORIGIN', 'https://canary.example'],
    ['OTP_TWILIO_ORIGIN', 'canary.example #1'],
    ['OTP_TWILIO_ORIGIN', 'canary\n.example'],
    ['OTP_TWILIO_ANDROID_HASH', 'canary'],
    ['OTP_TWILIO_TOKEN_TEMPLATES', 'canary'],
    ['OTP_TWILIO_TOKEN_TEMPLATES', '["{token}"]'],
    ['OTP_TWILIO_TOKEN_TEMPLATES', '{"de": "canary"}'],
    ['OTP_TWILIO_TOKEN_TEMPLATES', '{"de": "{token} {canary}"}'],
    ['OTP_TWILIO_TOKEN_TEMPLATES', '{"Deutsch": "{token} canary"}'],
    ['OTP_PUBLIC_URL', 'http://canary.example'],
    ['OTP_PUBLIC_URL', 'https://canary@otp.example'],
    ['OTP_PUBLIC_URL', 'https://otp.example/?canary'],
    ['OTP_PUBLIC_URL', 'https://otp.example/#canary'],
    ['OTP_PUBLIC_URL', 'https://:canary@otp.example'],
    ['OTP_PUBLIC_URL', 'ftp://canary.example'],
    ['OTP_PUBLIC_URL', 'canary'],
  ])('%s is refused by its name and without its value: %s', (name, value) => {
    const refusing = () => read({ [name]: value, OTP_STAGE: 'prod' })

    expect(refusing).toThrow(expect.objectContaining({ code: 'not_configured' }))
    expect(refusing).toThrow(new RegExp(`^${name} must be \\w.*\\.$`))
    expect(refusing).not.toThrow('canary')
  })

  it.each(['local', 'dev', 'test'])('OTP_PUBLIC_URL may be http on the stage %s', stage => {
    const url = 'http://127.0.0.1:3000'

    expect(messageSettings({ OTP_PUBLIC_URL: url, OTP_STAGE: stage }).publicUrl).toBe(url)
  })

  it.each(['local', 'dev', 'test'])('OTP_PUBLIC_URL may not be ftp on the stage %s', stage => {
    expect(() => messageSettings({ OTP_PUBLIC_URL: 'ftp://x', OTP_STAGE: stage })).toThrow()
  })

  it('the answer’s message speaks of the channel unless it was set', () => {
    const by = (channel: Channel, message: string) =>
      answerMessage(message, '', { channel, locale: null }, messageRoutes({}))

    const messages = channels.map(channel => [
      by(channel, 'Sent by SMS'),
      by(channel, 'On its way'),
    ])

    expect(messages).toEqual([
      ['Sent by SMS', 'On its way'],
      ['Calling', 'On its way'],
      ['Sent by WhatsApp', 'On its way'],
    ])
  })
})

describe('callbacks', () => {
  const OTP_TWILIO_SIGNATURE_TOKEN = 'signature'

  const publicUrl = 'https://otp.example'

  it('are asked for where they can come and be checked', () => {
    const secrets = { OTP_TWILIO_SIGNATURE_TOKEN }

    expect(callbackBase({ noDelivery: false, publicUrl }, secrets)).toBe(publicUrl)
  })

  it('are not asked for where nothing is sent', () => {
    expect(callbackBase({ noDelivery: true, publicUrl }, { OTP_TWILIO_SIGNATURE_TOKEN })).toBeNull()
  })

  it('are not asked for where they cannot be checked', () => {
    const secrets = { OTP_TWILIO_AUTH: 'the secret of an API key' }

    expect(callbackBase({ noDelivery: false, publicUrl }, secrets)).toBeNull()
  })

  it('are not asked for where they cannot come', () => {
    const secrets = { OTP_TWILIO_SIGNATURE_TOKEN }

    expect(callbackBase({ noDelivery: false, publicUrl: null }, secrets)).toBeNull()
  })

  const url = statusCallbackUrl('https://otp.example', {
    userId: 'a:b@c~d',
    deviceId: 'phone',
    challengeId: 'x_-1',
  })

  it('have a URL that names device and challenge', () => {
    expect(url).toBe('https://otp.example/users/a:b@c~d/devices/phone/challenge/x_-1/status')
  })

  it('have a URL in which | and + are escaped', () => {
    const ids = { userId: 'auth0|5f7c', deviceId: 'a+b', challengeId: 'x' }

    expect(statusCallbackUrl('https://otp.example', ids)).toBe(
      'https://otp.example/users/auth0%7C5f7c/devices/a%2Bb/challenge/x/status',
    )
  })

  it('have a URL that is the same when it is parsed', () => {
    expect(new URL(url).href).toBe(url)
  })
})

describe('OTP_TWILIO_TEST_NUMBERS', () => {
  const userIds = ['reviewer']
  const good = { number: '+15555550190', userIds, token: '402517', until: '2026-01-31' }
  const readNumbers = (list: unknown) =>
    testNumbers({ OTP_TWILIO_TEST_NUMBERS: typeof list === 'string' ? list : JSON.stringify(list) })
  const many = (count: number) =>
    Array.from({ length: count }, (_, n) => ({ ...good, number: `+1555555${1000 + n}` }))

  it('are none by default', () => {
    expect(testNumbers({})).toEqual([])
    expect(readNumbers([])).toEqual([])
  })

  const endsAt = Date.UTC(2026, 1, 1)

  it('with a token work to the end of their date', () => {
    expect(readNumbers([good])).toEqual([
      { number: good.number, userIds, token: good.token, outcome: 'delivered', endsAt },
    ])
  })

  it('with an outcome work to the end of their date', () => {
    expect(readNumbers([{ ...good, token: undefined, outcome: 'blocked' }])).toEqual([
      { number: good.number, userIds, token: null, outcome: 'blocked', endsAt },
    ])
  })

  it('are nobody’s where they name no users', () => {
    const [test] = readNumbers([{ ...good, userIds: undefined }])

    expect(findTestNumber([test!], { userId: 'reviewer', number: good.number })).toBeUndefined()
  })

  it('are those of the users that they name', () => {
    const listed = readNumbers([good])
    const found = (userId: string, number: string) =>
      findTestNumber(listed, { userId, number })?.number

    expect(found('reviewer', good.number)).toBe(good.number)
    expect(found('mallory', good.number)).toBeUndefined()
    expect(found('reviewer', '+15555550191')).toBeUndefined()
  })

  it('work until their date, which is at most 90 days ahead', () => {
    const day = 86_400_000

    expect(isInUse({ endsAt }, endsAt - 1)).toBe(true)
    expect(isInUse({ endsAt }, endsAt)).toBe(false)
    expect(isInUse({ endsAt }, endsAt - 91 * day)).toBe(true)
    expect(isInUse({ endsAt }, endsAt - 91 * day - 1)).toBe(false)
  })

  it.each<[string, object, number, string | null]>([
    ['are good until their date', {}, endsAt - 1, null],
    ['have a fault after it', {}, endsAt, 'give what has ended a later date'],
    ['have one where it is too far', {}, 0, 'give each a date at most 90 days ahead'],
    ['have one where they are nobody’s', { userIds: [] }, 0, 'name the userIds of each'],
  ])('%s', (_, change, now, fault) => {
    expect(
      faultOfTestNumbers(readNumbers([good, { ...good, number: '+1234567', ...change }]), now),
    ).toBe(fault)
  })

  it('may name twenty users', () => {
    const names = Array.from({ length: 20 }, (_, n) => `user:${n}`)

    expect(readNumbers([{ ...good, userIds: names }])).toMatchObject([{ userIds: names }])
  })

  it('may be ten', () => {
    expect(readNumbers(many(10))).toHaveLength(10)
  })

  it.each(['delivered', 'undelivered', 'landline', 'blocked', 'opted_out', 'expired'])(
    'may pretend %s with a token, too',
    outcome => {
      expect(readNumbers([{ ...good, outcome }])).toMatchObject([{ outcome, token: good.token }])
    },
  )

  it.each([
    { number: '+1234567' },
    { number: '+123456789012345' },
    { token: '123456' },
    { token: '12345678' },
  ])('may have %o', change => {
    expect(readNumbers([{ ...good, ...change }])).toMatchObject([change])
  })

  it.each<[string, unknown]>([
    ['users that are no list', [{ ...good, userIds: 'reviewer' }]],
    ['a user id that is none', [{ ...good, userIds: ['a b'] }]],
    ['more than twenty users', [{ ...good, userIds: Array(21).fill('a') }]],
    ['no date', [{ number: good.number, token: good.token }]],
    ['a date that is none', [{ ...good, until: '2026-02-31' }]],
    ['a date in words', [{ ...good, until: 'tomorrow' }]],
    ['neither token nor outcome', [{ number: good.number, until: good.until }]],
    ['a date and more', [{ ...good, until: '2026-01-31T00:00' }]],
    ['more and a date', [{ ...good, until: ' 2026-01-31' }]],
    ['a date without zeros', [{ ...good, until: '2026-1-31' }]],
    ['a date that is a number', [{ ...good, until: 20260131 }]],
    ['a date in a list', [{ ...good, until: ['2026-01-31'] }]],
    ['a month that is none', [{ ...good, until: '2026-13-01' }]],
    ['a short token', [{ ...good, token: '12345' }]],
    ['a long token', [{ ...good, token: '123456789' }]],
    ['a token of other characters', [{ ...good, token: 'x402517' }]],
    ['a token with a space', [{ ...good, token: '402517 ' }]],
    ['a short number', [{ ...good, number: '+123456' }]],
    ['a long number', [{ ...good, number: '+1234567890123456' }]],
    ['a number that starts with 0', [{ ...good, number: '+05555550190' }]],
    ['more than a number', [{ ...good, number: '+15555550190x' }]],
    ['something before a number', [{ ...good, number: 'x+15555550190' }]],
    ['a number without a plus', [{ ...good, number: '15555550190' }]],
    ['one that is bad', [good, { ...good, number: '555' }]],
    ['a token that is a number', [{ ...good, token: 402517 }]],
    ['an outcome that is none', [{ ...good, outcome: 'toString' }]],
    ['a number that is not E.164', [{ ...good, number: '555' }]],
    ['a number twice', [good, good]],
    ['another member', [{ ...good, canary: 1 }]],
    ['eleven numbers', many(11)],
    ['no list', good],
    ['null', [null]],
    ['no JSON', 'canary 402517'],
  ])('with %s are refused without a word of their value', (_, list) => {
    expect(() => readNumbers(list)).toThrow(expect.objectContaining({ code: 'not_configured' }))
    expect(() => readNumbers(list)).toThrow(/^OTP_TWILIO_TEST_NUMBERS must be \w.*\.$/)
    expect(() => readNumbers(list)).not.toThrow(/402517|canary|5555550190/)
  })
})

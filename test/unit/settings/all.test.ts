// One reader of all settings: whatever a function would not understand is refused at once, by its
// name.
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { settings } from '../../../infra/stack/settings.ts'
import { Problem } from '../../../lib/problem.ts'
import { readAllSettings } from '../../../lib/settings/all.ts'

const { provider } = parse(
  readFileSync(new URL('../../../serverless.yml', import.meta.url), 'utf8'),
) as { provider: { environment: Record<string, string> } }
const ofEach = Object.keys(provider.environment).filter(name => !name.startsWith('POWERTOOLS_'))
const names = [...Object.keys(settings), ...ofEach]

/** No number, word, address, JSON, template or name of anything. */
const garbage = '{ \u0007 ü'

/** The sentence with which reading ends. */
function refusal(env: Record<string, string>): string {
  try {
    readAllSettings(env)
  } catch (error) {
    if (error instanceof Problem && error.code === 'not_configured') return error.message
    throw error
  }
  return 'It was not refused.'
}

it.each(names)('garbage in %s is refused, and the setting is named', name => {
  const sentence = refusal({ OTP_STAGE: 'prod', [name]: garbage })

  expect(sentence).toMatch(new RegExp(`^${name} must be .+[.?]$`))
  expect(sentence).not.toContain(garbage)
})

it('nothing set is all defaults', () => {
  expect(readAllSettings({})).toMatchObject({
    defaultCountry: null,
    allowedCountries: null,
    eventBus: 'default',
    stage: null,
    secretsPath: null,
  })
})

describe('a country', () => {
  const named: [string, (country: string) => string][] = [
    ['OTP_TWILIO_DEFAULT_COUNTRY', country => country],
    ['OTP_TWILIO_ALLOWED_COUNTRIES', country => `DE,${country}`],
    ['OTP_TWILIO_ROUTES', country => JSON.stringify({ [country]: { from: '+15005550006' } })],
    ['OTP_TWILIO_PRICES', country => `${country}=0.04,*=0.08`],
    ['OTP_TWILIO_ALWAYS_ALLOW', country => `+14155550100,${country}`],
  ]

  it.each(named)('that has another code is refused in %s, and the right one shown', (name, of) => {
    expect(refusal({ [name]: of('UK') })).toMatch(
      new RegExp(`^${name} must be .+; did you mean GB\\?$`),
    )
  })

  it.each(named)('that does not exist is refused in %s', (name, of) => {
    expect(refusal({ [name]: of('XX') })).toMatch(new RegExp(`^${name} must be [^?]+\\.$`))
  })

  it.each(named)('is taken by its code in %s', (name, of) => {
    expect(refusal({ [name]: of('GB') })).toBe('It was not refused.')
  })

  it('in small letters is shown in capitals', () => {
    expect(refusal({ OTP_TWILIO_DEFAULT_COUNTRY: 'gb' })).toMatch(/; did you mean GB\?$/)
  })
})

describe('a sender of calls', () => {
  const calls = { OTP_STAGE: 'prod', OTP_TWILIO_CHANNELS: 'sms,call' }
  const service = { OTP_TWILIO_MESSAGING_SERVICE_SID: `MG${'0'.repeat(32)}` }
  const number = { OTP_TWILIO_FROM: '+15005550006' }
  const routes = (routed: object) => ({ OTP_TWILIO_ROUTES: JSON.stringify(routed) })
  const refused =
    'OTP_TWILIO_FROM must be a number in E.164, such as +12025550142: a messaging service or a sender id cannot call.'

  it.each([
    ['a sender id', { ...calls, OTP_TWILIO_FROM: 'ACME' }],
    ['a sender id on a development stage', { ...calls, OTP_STAGE: 'dev', OTP_TWILIO_FROM: 'ACME' }],
    ['a short code', { ...calls, OTP_TWILIO_FROM: '12345' }],
    ['a messaging service', { ...calls, ...service }],
    [
      'a route of one country',
      { ...calls, ...service, ...routes({ GB: { from: '+447700900006' } }) },
    ],
    [
      'a sender id for one of the countries',
      {
        ...{ ...calls, ...service, OTP_TWILIO_ALLOWED_COUNTRIES: 'GB,DE' },
        ...routes({ GB: { from: '+447700900006' }, DE: { from: 'ACME' } }),
      },
    ],
    [
      'a sender id for one country beside a default number',
      {
        ...{ ...calls, ...service },
        ...routes({ default: { from: '+12025550142' }, GB: { from: 'ACME' } }),
      },
    ],
    [
      'a messaging service for one country beside a default number',
      {
        ...calls,
        ...routes({
          default: { from: '+12025550142' },
          GB: { messagingServiceSid: service.OTP_TWILIO_MESSAGING_SERVICE_SID },
        }),
      },
    ],
  ])('is not %s', (_, env) => {
    expect(refusal(env)).toBe(refused)
  })

  it.each([
    ['a number', { ...calls, ...number }],
    ['a number beside a messaging service', { ...calls, ...service, ...number }],
    [
      'a default route',
      { ...calls, ...service, ...routes({ default: { from: '+447700900006' } }) },
    ],
    [
      'a number for each country',
      {
        ...{ ...calls, ...service, OTP_TWILIO_ALLOWED_COUNTRIES: 'GB' },
        ...routes({ GB: { from: '+447700900006' } }),
      },
    ],
    [
      'a sender id for a country that is not allowed',
      {
        ...{ ...calls, ...service, OTP_TWILIO_ALLOWED_COUNTRIES: 'US' },
        ...routes({ default: { from: '+12025550142' }, GB: { from: 'ACME' } }),
      },
    ],
  ])('may be %s', (_, env) => {
    expect(refusal(env)).toBe('It was not refused.')
  })

  it('may be anything where nobody is called', () => {
    expect(refusal({ OTP_STAGE: 'prod', OTP_TWILIO_FROM: 'ACME' })).toBe('It was not refused.')
  })
})

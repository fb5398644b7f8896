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

// OTP_TWILIO_ROUTES: what it takes, what it is refused for, and that it is never quoted.
import { describe, expect, it } from 'vitest'
import { countryAllowedClause } from '../../../lib/challenge/expressions.ts'
import {
  allowedCountries,
  checkRouteChannels,
  countryIsAllowed,
  countryNotAllowed,
  messageRoutes,
  routeTo,
} from '../../../lib/settings/countries.ts'

const read = (routes: unknown) =>
  messageRoutes({
    OTP_TWILIO_ROUTES: typeof routes === 'string' ? routes : JSON.stringify(routes),
  })

function refusalOf(routes: unknown): string {
  try {
    read(routes)
  } catch (error) {
    expect(error).toMatchObject({ code: 'not_configured' })
    return (error as Error).message
  }
  throw new Error('It was not refused.')
}

describe('the routes', () => {
  it('lead by SMS, from the sender and with the template of the settings, by default', () => {
    expect(routeTo('GB', messageRoutes({}))).toEqual({
      sender: null,
      template: null,
      channel: 'sms',
    })
  })

  it('have a sender, a template and a channel by country', () => {
    const routes = read({
      GB: { from: 'ACME', template: '{token}!', channel: 'call' },
      US: { messagingServiceSid: 'MG01', channel: 'whatsapp' },
    })

    expect(routeTo('GB', routes)).toEqual({
      sender: { from: 'ACME' },
      template: '{token}!',
      channel: 'call',
    })
    expect(routeTo('US', routes)).toEqual({
      sender: { messagingServiceSid: 'MG01' },
      template: null,
      channel: 'whatsapp',
    })
  })

  it.each(['x', 'x'.repeat(64), 'AC ME', '+15005550006'])('may have the sender %s', from => {
    expect(routeTo('GB', read({ GB: { from } })).sender).toEqual({ from })
  })

  it('have in default what a country leaves out, and what countries without a route get', () => {
    const byDefault = { from: '+15005550006', template: 'Code {token}', channel: 'call' }
    const routes = read({ default: byDefault, GB: { from: 'ACME' } })

    expect(routeTo('GB', routes)).toEqual({
      sender: { from: 'ACME' },
      template: 'Code {token}',
      channel: 'call',
    })
    expect(routeTo('', routes)).toEqual(routeTo('FR', routes))
    expect(routeTo('FR', routes).sender).toEqual({ from: '+15005550006' })
    const words = read({ default: byDefault, GB: { template: '{token}!' } })
    expect(routeTo('GB', words).sender).toEqual({ from: '+15005550006' })
  })

  it.each([
    ['not JSON', 'OTP_TWILIO_ROUTES must be a JSON object.'],
    ['[]', 'OTP_TWILIO_ROUTES must be a JSON object.'],
    ['null', 'OTP_TWILIO_ROUTES must be a JSON object.'],
    ['"GB"', 'OTP_TWILIO_ROUTES must be a JSON object.'],
    [{ GB: 'ACME' }, 'OTP_TWILIO_ROUTES.GB must be a JSON object.'],
    [{ default: [] }, 'OTP_TWILIO_ROUTES.default must be a JSON object.'],
  ])('are an object of objects: %j', (routes, message) => {
    expect(refusalOf(routes)).toBe(message)
  })

  it.each(['gb', 'GBR', '*', ''])('have no other members than countries and default: %s', name => {
    expect(refusalOf({ [name]: {} })).toMatch(/^OTP_TWILIO_ROUTES must be an object whose members/)
  })

  it('say what they may be', () => {
    expect(refusalOf({ GB: { from: 'ACME', sender: 'x' } })).toBe(
      'OTP_TWILIO_ROUTES.GB must be an object with no other members than messagingServiceSid, from, template, channel.',
    )
    expect(refusalOf({ GB: { template: '{code}' } })).toBe(
      'OTP_TWILIO_ROUTES.GB.template must be text in which every brace is {token}, {{ or }}.',
    )
  })

  it.each([
    [{ sender: 'x' }, ''],
    [{ from: '+1', messagingServiceSid: 'MG01' }, ''],
    [{ from: '' }, '.from'],
    [{ from: 15 }, '.from'],
    [{ from: null }, '.from'],
    [{ from: ' ACME' }, '.from'],
    [{ from: 'ACME ' }, '.from'],
    [{ from: 'AC\nME' }, '.from'],
    [{ from: 'x'.repeat(65) }, '.from'],
    [{ messagingServiceSid: 'AC01' }, '.messagingServiceSid'],
    [{ messagingServiceSid: 'xMG01' }, '.messagingServiceSid'],
    [{ messagingServiceSid: 'MG01-' }, '.messagingServiceSid'],
    [{ messagingServiceSid: 'MG' }, '.messagingServiceSid'],
    [{ template: '{code}' }, '.template'],
    [{ template: '' }, '.template'],
    [{ template: ' ' }, '.template'],
    [{ channel: 'SMS' }, '.channel'],
    [{ channel: null }, '.channel'],
  ])('name the member that is wrong: %j', (route, member) => {
    expect(refusalOf({ GB: route })).toMatch(
      new RegExp(`^OTP_TWILIO_ROUTES\\.GB${member.replace('.', '\\.')} must be \\w.*\\.$`),
    )
  })

  it.each([
    '{"canary"',
    { canary: {} },
    { GB: { canary: 1 } },
    { GB: { from: ' canary' } },
    { GB: { template: '{canary}' } },
    { GB: { channel: 'canary' } },
  ])('never hold what was given in what they say: %j', routes => {
    expect(refusalOf(routes)).not.toContain('canary')
  })
})

describe('the channel of a route', () => {
  const check = (routes: unknown, enabled: ('sms' | 'call')[]) => () =>
    checkRouteChannels(read(routes), enabled)

  it('has to be one that is on, of a country or by default', () => {
    expect(check({ GB: { channel: 'call' } }, ['sms', 'call'])).not.toThrow()
    expect(check({ GB: { channel: 'call' } }, ['sms'])).toThrow(
      /^OTP_TWILIO_ROUTES\.GB\.channel must be \w.*\.$/,
    )
    expect(check({ default: { channel: 'call' } }, ['sms'])).toThrow(
      /^OTP_TWILIO_ROUTES\.default\.channel must be \w.*\.$/,
    )
  })

  it('is nothing to speak of where none was set, and is where another is the default', () => {
    expect(check({ GB: { from: 'ACME' } }, ['call'])).not.toThrow()
    expect(check({ default: { channel: 'call' }, GB: { channel: 'sms' } }, ['call'])).toThrow(
      'OTP_TWILIO_ROUTES.GB.channel',
    )
  })
})

describe('the allowed countries', () => {
  const read = (OTP_TWILIO_ALLOWED_COUNTRIES: string) =>
    allowedCountries({ OTP_TWILIO_ALLOWED_COUNTRIES })

  it('are all by default, or those of a list, each once', () => {
    expect(read('')).toBeNull()
    expect(read('GB')).toEqual(['GB'])
    expect(read(' GB , US,GB')).toEqual(['GB', 'US'])
  })

  it.each(['gb', 'GBR', 'xGB', 'GB,', 'GB US'])('may not be %s', value => {
    expect(() => read(value)).toThrow(/^OTP_TWILIO_ALLOWED_COUNTRIES must be \w.*\.$/)
  })

  it('have no number whose country is not known', () => {
    expect(countryIsAllowed('', null)).toBe(true)
    expect(countryIsAllowed('GB', ['US', 'GB'])).toBe(true)
    expect(countryIsAllowed('FR', ['US', 'GB'])).toBe(false)
    expect(countryIsAllowed('', ['US', 'GB'])).toBe(false)
    expect(countryNotAllowed()).toMatchObject({
      code: 'country_not_allowed',
      message: 'Numbers of this country are not allowed here.',
    })
  })
})

describe('the clause of the allowed countries', () => {
  it.each([
    [1, [1]],
    [100, [100]],
    [101, [100, 1]],
    [249, [100, 100, 49]],
  ])('has no more than the hundred values in an IN that DynamoDB takes: %i', (countries, sizes) => {
    const chunks = countryAllowedClause(countries).split(' OR ')

    expect(chunks.map(chunk => chunk.match(/:country\d+/g)?.length)).toEqual(sizes)
  })
})

// OTP_TWILIO_ROUTES and OTP_TWILIO_ALLOWED_COUNTRIES: what they take, and how they are refused.
import { describe, expect, it } from 'vitest'
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
  it('lead by default by SMS with the sender and template of the settings', () => {
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

  const byDefault = { from: '+15005550006', template: 'Code {token}', channel: 'call' }

  it('have in default what a country leaves out', () => {
    const routes = read({ default: byDefault, GB: { from: 'ACME' } })
    const words = read({ default: byDefault, GB: { template: '{token}!' } })

    expect(routeTo('GB', routes)).toEqual({
      sender: { from: 'ACME' },
      template: 'Code {token}',
      channel: 'call',
    })
    expect(routeTo('GB', words).sender).toEqual({ from: '+15005550006' })
  })

  it('have in default what countries without a route get', () => {
    const routes = read({ default: byDefault, GB: { from: 'ACME' } })

    expect(routeTo('', routes)).toEqual(routeTo('FR', routes))
    expect(routeTo('FR', routes).sender).toEqual({ from: '+15005550006' })
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

  it('are refused with a sentence of what they may be', () => {
    expect(refusalOf({ GB: { from: 'ACME', sender: 'x' } })).toBe(
      'OTP_TWILIO_ROUTES.GB must be an object with no other members than ' +
        'messagingServiceSid, from, template, channel.',
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
  ])('are refused by the name of the wrong member: %j', (route, member) => {
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
  ])('are refused without a word of their value: %j', routes => {
    expect(refusalOf(routes)).not.toContain('canary')
  })
})

describe('the channel of a route', () => {
  const check = (routes: unknown, enabled: ('sms' | 'call')[]) => () =>
    checkRouteChannels(read(routes), enabled)

  it('of a country has to be one that is on', () => {
    expect(check({ GB: { channel: 'call' } }, ['sms', 'call'])).not.toThrow()
    expect(check({ GB: { channel: 'call' } }, ['sms'])).toThrow(
      /^OTP_TWILIO_ROUTES\.GB\.channel must be \w.*\.$/,
    )
  })

  it('of the default has to be one that is on', () => {
    expect(check({ default: { channel: 'call' } }, ['sms'])).toThrow(
      /^OTP_TWILIO_ROUTES\.default\.channel must be \w.*\.$/,
    )
  })

  it('is not checked where none was set', () => {
    expect(check({ GB: { from: 'ACME' } }, ['call'])).not.toThrow()
  })

  it('of a country has to be on even where another one is the default', () => {
    expect(check({ default: { channel: 'call' }, GB: { channel: 'sms' } }, ['call'])).toThrow(
      'OTP_TWILIO_ROUTES.GB.channel',
    )
  })
})

describe('the allowed countries', () => {
  const read = (OTP_TWILIO_ALLOWED_COUNTRIES: string) =>
    allowedCountries({ OTP_TWILIO_ALLOWED_COUNTRIES })

  it('are all by default', () => {
    expect(read('')).toBeNull()
  })

  it('are those of a list, each once', () => {
    expect(read('GB')).toEqual(['GB'])
    expect(read(' GB , US,GB')).toEqual(['GB', 'US'])
  })

  it.each(['gb', 'GBR', 'xGB', 'GB,', 'GB US'])('may not be %s', value => {
    expect(() => read(value)).toThrow(/^OTP_TWILIO_ALLOWED_COUNTRIES must be \w.*\.$/)
  })

  it('have every number where there is no list', () => {
    expect(countryIsAllowed('', null)).toBe(true)
  })

  it('have the numbers of the countries in the list alone', () => {
    expect(countryIsAllowed('GB', ['US', 'GB'])).toBe(true)
    expect(countryIsAllowed('FR', ['US', 'GB'])).toBe(false)
  })

  it('have no number whose country is not known where there is a list', () => {
    expect(countryIsAllowed('', ['US', 'GB'])).toBe(false)
  })

  it('are the reason why a number of another one is refused', () => {
    expect(countryNotAllowed()).toMatchObject({
      code: 'country_not_allowed',
      message: 'Numbers of this country are not allowed here; ask for another number.',
    })
  })
})

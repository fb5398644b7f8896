// OTP_TWILIO_ALLOWED_COUNTRIES and OTP_TWILIO_ROUTES, through the real handlers on a real engine.
import { randomUUID } from 'node:crypto'
import { UpdateCommand } from '@aws-sdk/lib-dynamodb'
import { getCountries } from 'libphonenumber-js/min'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { connectStore } from '../../../lib/dynamodb/client.ts'
import { itemOf } from '../../support/devices.ts'
import { invoke } from '../../support/lambda.ts'
import { setEnvironment } from '../../support/set-environment.ts'
import { startTwilio } from '../../support/twilio.ts'

const store = connectStore()
const twilio = await startTwilio()
const [challengeFunction, createFunction, updateFunction] = await Promise.all([
  import('../../../functions/challenge.ts'),
  import('../../../functions/create-device.ts'),
  import('../../../functions/update-device.ts'),
])

const settings = { ...process.env }
afterEach(() => {
  vi.restoreAllMocks()
  setEnvironment(settings)
})

const british = '+442071838750'
const american = '+14155552672'
const jamaican = '+18765550123'
const nowhere = '+80012345678'

async function register(number: string) {
  const userId = `user-${randomUUID()}`
  const answer = await invoke(createFunction.handler, { userId, body: { number } })
  return { ...answer, device: { userId, deviceId: String(answer.body.id) } }
}

const challenge = (device: object) => invoke(challengeFunction.handler, device)

const allow = (countries: string) => {
  process.env.OTP_TWILIO_ALLOWED_COUNTRIES = countries
}

/** Holds that the work neither writes the device nor sends a message. */
async function untouched(
  device: { userId: string; deviceId: string },
  work: () => Promise<unknown>,
) {
  const before = [await itemOf(store, device), twilio.requests.length]
  await work()
  expect([await itemOf(store, device), twilio.requests.length]).toEqual(before)
}

describe('a number of a country that is not allowed', () => {
  it.each([
    ['US', british],
    ['GB,DE', american],
    // One calling code is no country: +1 876 is not the United States.
    ['US,CA', jamaican],
    ['GB', nowhere],
  ])('is not registered where only %s are: %s', async (countries, number) => {
    allow(countries)

    const { status, body } = await register(number)

    expect([status, body.code]).toEqual([422, 'country_not_allowed'])
  })

  it('does not replace another number', async () => {
    allow('GB')
    const { device } = await register(british)

    await untouched(device, async () => {
      const { status, body } = await invoke(updateFunction.handler, {
        ...device,
        body: { number: american },
      })
      expect([status, body.code]).toEqual([422, 'country_not_allowed'])
    })
  })

  it.each([
    ['US', '+14362345678'],
    ['GB', '+447700900123'],
  ])('is not one of a range of %s that is not known yet: %s', async (country, number) => {
    allow(country)

    const { status, device } = await register(number)

    expect([status, await itemOf(store, device)]).toMatchObject([201, { country }])
  })

  it('that was not known at first gets its country when its number is written again', async () => {
    const { device } = await register('+14362345678')
    await store.retrying.send(
      new UpdateCommand({
        TableName: store.devicesTable,
        Key: device,
        UpdateExpression: 'SET country = :none',
        ExpressionAttributeValues: { ':none': '' },
      }),
    )
    allow('US')

    await invoke(updateFunction.handler, { ...device, body: { number: '+1 436 234 5678' } })

    expect(await itemOf(store, device)).toMatchObject({ country: 'US', confirmed: false })
    expect((await challenge(device)).status).toBe(200)
  })

  it('is not challenged once the list has changed', async () => {
    const { device } = await register(american)
    await challenge(device)
    allow('GB')

    await untouched(device, async () => {
      const { status, body } = await challenge(device)
      expect([status, body.code]).toEqual([422, 'country_not_allowed'])
    })
  })
})

describe('a number of a country that is allowed', () => {
  it.each([
    ['US', american],
    ['DE, GB', british],
    ['', nowhere],
  ])('is registered and challenged: %s, %s', async (countries, number) => {
    allow(countries)

    const { status, device } = await register(number)

    expect([status, (await challenge(device)).status]).toEqual([201, 200])
  })

  it('has the country of its number in the item after every change', async () => {
    const { device } = await register(british)
    const before = (await itemOf(store, device)).country
    await invoke(updateFunction.handler, { ...device, body: { number: american } })
    const after = (await itemOf(store, device)).country
    await invoke(updateFunction.handler, { ...device, body: { number: nowhere } })

    expect([before, after, (await itemOf(store, device)).country]).toEqual(['GB', 'US', ''])
  })

  it('is challenged where every country is allowed, with the longest cooldown', async () => {
    const { device } = await register(british)
    process.env.OTP_TWILIO_COOLDOWN = '1'
    process.env.OTP_TWILIO_COOLDOWN_MAX = '86400'
    allow(getCountries().join(','))
    const among = await challenge(device)
    allow(
      getCountries()
        .filter(country => country !== 'GB')
        .join(','),
    )
    const without = await challenge(device)

    expect([among.status, without.status]).toEqual([200, 422])
  })

  it('is challenged where every country is allowed, under limits', async () => {
    const { device } = await register(british)
    process.env.OTP_TWILIO_LIMIT_USER = '9/600'
    allow(getCountries().join(','))
    await challenge(device)

    const { status } = await challenge(device)
    const again = await invoke(challengeFunction.handler, { ...device, body: { resend: true } })

    expect([status, again.status]).toEqual([200, 200])
  })
})

describe('a list of countries', () => {
  it.each(['gb', 'GBR', 'GB,', 'GB;US', ','])('is refused as a setting: %s', async value => {
    allow(value)

    const { status, body } = await register(british)

    expect([status, body.code]).toEqual([500, 'not_configured'])
    expect(body.detail).toMatch(/^OTP_TWILIO_ALLOWED_COUNTRIES must be /)
  })

  it('with a code that is no country is refused at registration', async () => {
    allow('GB,UK')

    expect((await register(british)).body.code).toBe('not_configured')
  })
})

describe('a route', () => {
  it('of a country sends by its own sender and template before the default’s', async () => {
    process.env.OTP_TWILIO_ROUTES = JSON.stringify({
      default: { from: '+15005550006', template: 'Code {token}' },
      GB: { messagingServiceSid: 'MG0123' },
      US: { template: 'Your code: {token}', from: 'ACME' },
    })
    const forms = []
    for (const number of [british, american, nowhere]) {
      await challenge((await register(number)).device)
      const { From, MessagingServiceSid, Body } = twilio.requests.at(-1)!.form
      forms.push([From ?? MessagingServiceSid, Body?.replace(/\d{6}$/, '')])
    }

    expect(forms).toEqual([
      ['MG0123', 'Code '],
      ['ACME', 'Your code: '],
      ['+15005550006', 'Code '],
    ])
  })

  const calling = {
    OTP_TWILIO_CHANNELS: 'sms,call',
    OTP_TWILIO_ROUTES: JSON.stringify({
      GB: { channel: 'call', from: '+442071838700', template: 'It is {token}.' },
    }),
  }

  it('calls by the country’s own channel, number and words', async () => {
    Object.assign(process.env, calling)
    const { device } = await register(british)

    const { body } = await challenge(device)

    const call = twilio.requests.at(-1)!
    expect(body.message).toBe('Calling')
    expect(call.path).toContain('/Calls.json')
    expect(call.form.From).toBe('+442071838700')
    expect(call.form.Twiml).toMatch(/>It is \d(, \d){5}\.</)
  })

  it('of a country that is not allowed asks nothing of another one’s message', async () => {
    Object.assign(process.env, {
      ...{ OTP_TWILIO_CHANNELS: 'sms,call', OTP_TWILIO_MESSAGING_SERVICE_SID: 'MG0123' },
      ...{ OTP_TWILIO_FROM: '', OTP_TWILIO_ALLOWED_COUNTRIES: 'US' },
      OTP_TWILIO_ROUTES: '{"default": {"from": "+12025550142"}, "GB": {"from": "Acme"}}',
    })
    const { device } = await register(american)

    const { status } = await invoke(challengeFunction.handler, {
      ...device,
      body: { channel: 'call' },
    })

    expect([status, twilio.requests.at(-1)!.form.From]).toEqual([200, '+12025550142'])
  })

  it('is all that a message needs where each allowed country has one', async () => {
    Object.assign(process.env, {
      ...{ OTP_TWILIO_FROM: '', OTP_TWILIO_ALLOWED_COUNTRIES: 'GB' },
      OTP_TWILIO_ROUTES: '{"GB": {"from": "Acme"}}',
    })
    const { device } = await register(british)

    const { status } = await challenge(device)

    expect([status, twilio.requests.at(-1)!.form.From]).toEqual([200, 'Acme'])
  })

  it('gives way to the channel of the request', async () => {
    Object.assign(process.env, calling)
    const { device } = await register(british)

    await invoke(challengeFunction.handler, { ...device, body: { channel: 'sms' } })

    expect(twilio.requests.at(-1)!.path).toContain('/Messages.json')
  })

  it('with a channel that is not on is refused before anything is written', async () => {
    const { device } = await register(american)
    process.env.OTP_TWILIO_ROUTES = '{"GB": {"channel": "call"}}'

    await untouched(device, async () => {
      const { body } = await challenge(device)
      expect(body.code).toBe('not_configured')
    })
  })

  it('of the default is sender enough', async () => {
    process.env.OTP_TWILIO_FROM = ''
    process.env.OTP_TWILIO_ROUTES = '{"default": {"from": "+15005550006"}}'

    expect((await challenge((await register(british)).device)).status).toBe(200)
  })

  it('of a country alone leaves other countries without a sender', async () => {
    const { device } = await register(american)
    process.env.OTP_TWILIO_FROM = ''
    process.env.OTP_TWILIO_ROUTES = '{"GB": {"from": "+15005550006"}}'

    await untouched(device, async () => {
      expect((await challenge(device)).body.code).toBe('not_configured')
    })
  })

  it('whose text takes several segments is logged when a function starts', async () => {
    process.env.OTP_TWILIO_ROUTES = JSON.stringify({
      GB: { template: `${'x'.repeat(160)}{token}` },
    })
    const log: string[] = []
    vi.spyOn(process.stderr, 'write').mockImplementation(line => log.push(String(line)) > 0)

    vi.resetModules()
    await import('../../../functions/challenge.ts')

    expect(JSON.parse(log.join(''))).toMatchObject({
      message: 'messages of several segments',
      messages: [{ setting: 'OTP_TWILIO_ROUTES.GB.template', segments: 2 }],
    })
  })
})

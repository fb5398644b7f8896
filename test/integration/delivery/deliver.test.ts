// A delivery against the stand-in, below the handlers: whose credentials send it, whose number
// calls, and when it is over.
import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { StandInAnswer } from '../../../infra/local/twilio/messages.ts'
import { prepareDelivery, warnOfLongMessages } from '../../../lib/delivery/deliver.ts'

import type { Channel } from '../../../lib/settings/channels.ts'
import { messageRoutes } from '../../../lib/settings/countries.ts'
import { deliverySettings } from '../../../lib/settings/delivery.ts'
import { messageSettings } from '../../../lib/settings/messages.ts'
import type { SecretSource, Secrets } from '../../../lib/settings/secrets.ts'
import { deviceOf } from '../../support/device.ts'
import { signal } from '../../support/devices.ts'
import { startTwilio } from '../../support/twilio.ts'

let answers: StandInAnswer[] = []
const twilio = await startTwilio(() => answers.shift())
const unauthorized: StandInAnswer = { status: 401, body: { code: 20003 } }

beforeEach(() => {
  answers = []
  twilio.requests.length = 0
})

const device = deviceOf({ country: 'US' })
const stored: Secrets = {
  OTP_TWILIO_ACCOUNT: 'AC00000000000000000000000000000000',
  OTP_TWILIO_API_KEY: 'SK1',
  OTP_TWILIO_AUTH: 'first',
}

/** Delivers one token; `reloaded` is what reading the secrets again gives. */
async function deliver({
  channel = 'sms' as Channel,
  routes = {},
  reloaded = () => Promise.resolve(stored),
  until = signal,
}: {
  channel?: Channel
  routes?: object
  reloaded?: () => Promise<Secrets>
  until?: AbortSignal
} = {}) {
  const setup = { ...deliverySettings(), ...messageSettings(), callFrom: '+15005550006' }
  const source: SecretSource = {
    load: () => Promise.resolve(stored),
    reload: reloaded,
    prepare: () => Promise.resolve(),
  }
  const given = messageRoutes({ OTP_TWILIO_ROUTES: JSON.stringify(routes) })
  const reach = { routes: given, allowedCountries: null }
  const send = await prepareDelivery(setup, { channel, locale: null }, reach, source)
  return send({ device, token: '860294' }, until)
}

const senders = () => twilio.requests.map(({ username, password }) => `${username}:${password}`)

describe('a message whose credentials Twilio refused', () => {
  it.each([
    ['another key', { OTP_TWILIO_API_KEY: 'SK2' }, 'SK2:first'],
    ['another secret of the same key', { OTP_TWILIO_AUTH: 'second' }, 'SK1:second'],
    ['both', { OTP_TWILIO_API_KEY: 'SK2', OTP_TWILIO_AUTH: 'second' }, 'SK2:second'],
  ])('is sent again where the secrets have %s by now', async (_, change, sender) => {
    answers = [unauthorized]

    const { outcome } = await deliver({ reloaded: async () => ({ ...stored, ...change }) })

    expect(outcome).toBe('sent')
    expect(senders()).toEqual(['SK1:first', sender])
  })

  it('is not sent again with the same credentials', async () => {
    answers = [unauthorized]

    expect(await deliver()).toEqual({ outcome: 'unauthorized', twilioCode: 20003 })
    expect(senders()).toEqual(['SK1:first'])
  })

  it.each<[string, () => Promise<Secrets>]>([
    ['cannot be read', () => Promise.reject(new Error('SSM is down.'))],
    ['have no account any more', () => Promise.resolve({})],
  ])('is not sent again where the secrets %s', async (_, reloaded) => {
    answers = [unauthorized]

    expect(await deliver({ reloaded })).toEqual({ outcome: 'unauthorized', twilioCode: 20003 })
    expect(senders()).toEqual(['SK1:first'])
  })
})

it.each<StandInAnswer | null>([null, { status: 400, body: { code: 21606 } }])(
  'secrets are not read again after %j',
  async answer => {
    if (answer) answers = [answer]
    let readings = 0
    const reloaded = async () => {
      readings++
      return { ...stored, OTP_TWILIO_AUTH: 'second' }
    }

    await deliver({ reloaded })

    expect([readings, senders()]).toEqual([0, ['SK1:first']])
  },
)

it('a request that has ended sends nothing', async () => {
  const { outcome } = await deliver({ until: AbortSignal.abort() })

  expect([outcome, twilio.requests.length]).toEqual(['unreachable', 0])
})

describe('the number that calls', () => {
  it.each([
    [{ from: '+442071838750' }, '+442071838750'],
    [{ from: 'ACME' }, '+15005550006'],
    [{ from: 'x+442071838750' }, '+15005550006'],
    [{ from: '+442071838750x' }, '+15005550006'],
    [{ messagingServiceSid: 'MG01' }, '+15005550006'],
    [{}, '+15005550006'],
  ])('is the route’s if the route has one: %o', async (route, from) => {
    await deliver({ channel: 'call', routes: { US: route } })

    expect(twilio.requests.map(({ form }) => form.From)).toEqual([from])
  })
})

describe('a message of several segments', () => {
  const warned = (env: Record<string, string>) => {
    const lines: string[] = []
    const spy = vi
      .spyOn(process.stderr, 'write')
      .mockImplementation(line => lines.push(String(line)) > 0)
    for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value)
    warnOfLongMessages()
    vi.unstubAllEnvs()
    spy.mockRestore()
    return lines.map(line => JSON.parse(line))
  }

  it('is warned of with its setting', () => {
    const long = { OTP_TWILIO_TOKEN_TEMPLATE: `${'x'.repeat(160)}{token}` }
    const messages = [{ setting: 'OTP_TWILIO_TOKEN_TEMPLATE', segments: 2 }]

    expect(warned(long)).toMatchObject([{ message: 'messages of several segments', messages }])
  })

  it('is not warned of where there is none', () => {
    expect(warned({})).toEqual([])
  })

  it('is not warned of where the settings are bad', () => {
    expect(warned({ OTP_TWILIO_TOKEN_LENGTH: '5' })).toEqual([])
  })
})

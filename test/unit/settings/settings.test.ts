// Every setting: the seed's default and meaning, its bounds, and what happens to garbage.
import { describe, expect, it } from 'vitest'
import { prepareDelivery } from '../../../lib/delivery/deliver.ts'
import { livePending } from '../../../lib/device/device.ts'
import { parseNumber } from '../../../lib/device/number.ts'
import { isDisabled, lockEnd } from '../../../lib/device/throttle.ts'
import { Problem } from '../../../lib/problem.ts'
import { allowedCountries, messageRoutes } from '../../../lib/settings/countries.ts'
import { deliverySettings } from '../../../lib/settings/delivery.ts'
import { defaultCountry, deviceSettings } from '../../../lib/settings/device.ts'
import { establishedSettings } from '../../../lib/settings/established.ts'
import { limitSettings } from '../../../lib/settings/limits.ts'
import { messageSettings } from '../../../lib/settings/messages.ts'
import { consoleIdleMinutes, shownPages } from '../../../lib/settings/pages.ts'
import type { Environment } from '../../../lib/settings/read.ts'
import {
  indexKey,
  type Secrets,
  secretSource,
  tokenKey,
  twilioCredentials,
} from '../../../lib/settings/secrets.ts'
import { requiresChallengeId } from '../../../lib/settings/throttle.ts'
import { drawToken } from '../../../lib/token/token.ts'
import vectors from '../../fixtures/http-vectors.json' with { type: 'json' }
import { deviceOf } from '../../support/device.ts'

const development = ['local', 'dev', 'test']
const production = ['prod', 'production', 'staging', 'Local', 'DEV', 'test ', ' ', '', undefined]

/** Reads every setting there is. */
function readAll(env: Environment) {
  return {
    ...deviceSettings(env),
    ...deliverySettings(env),
    ...limitSettings(env),
    country: defaultCountry(env),
    allowedCountries: allowedCountries(env),
    routes: messageRoutes(env),
  }
}

/** The problem that reading ends with. */
function refusalOf(read: () => unknown): Problem {
  try {
    read()
  } catch (error) {
    if (error instanceof Problem) return error
    throw error
  }
  throw new Error('It was not refused.')
}

function expectRefused(env: Environment, name: string): void {
  const { code, message } = refusalOf(() => readAll(env))
  expect(code).toBe('not_configured')
  expect(message).toMatch(new RegExp(`^${name} must be \\w.*\\.$`))
}

describe('the public pages', () => {
  it.each([
    [undefined, ['console', 'openapi']],
    ['', ['console', 'openapi']],
    ['openapi, console', ['console', 'openapi']],
    ['openapi', ['openapi']],
    ['off', []],
  ])('%j shows %j', (value, shown) => {
    expect(shownPages({ OTP_PUBLIC_PAGES: value })).toEqual(shown)
  })

  it.each(['canary', 'console,canary', 'off,console', 'console,console'])('are not %j', value => {
    const { code, message } = refusalOf(() => shownPages({ OTP_PUBLIC_PAGES: value }))

    expect(code).toBe('not_configured')
    expect(message).toBe('OTP_PUBLIC_PAGES must be off, or a list of console and openapi.')
  })
})

it.each([
  [undefined, 15],
  ['', 15],
  ['0', 0],
  ['1440', 1440],
])('the console signs out after OTP_CONSOLE_IDLE_MINUTES=%s: %i', (value, minutes) => {
  expect(consoleIdleMinutes({ OTP_CONSOLE_IDLE_MINUTES: value })).toBe(minutes)
})

it.each(['-1', '1441', '1.5', 'never'])('OTP_CONSOLE_IDLE_MINUTES is not %s', value => {
  const { message } = refusalOf(() => consoleIdleMinutes({ OTP_CONSOLE_IDLE_MINUTES: value }))

  expect(message).toMatch(/^OTP_CONSOLE_IDLE_MINUTES must be /)
})

describe('the defaults', () => {
  const byDefault = {
    throttle: { factorMs: 1000, longestLockMs: null, maxFailures: 100, tokenGuesses: null },
    cooldown: { cooldownMs: 0, longestCooldownMs: null },
    token: { length: 6, validityMs: 30_000 },
    url: 'https://api.twilio.com',
    sender: null,
    callFrom: null,
    channels: ['sms'],
    tokenTemplate: '{token}',
    challengeMessage: 'Sent by SMS',
    noDelivery: false,
    validityPeriod: 30,
    country: null,
    mode: 'off',
    limits: [],
    establishedShare: 0,
    established: { establishedMs: 15_552_000_000 },
    allowedCountries: null,
    routes: {
      byCountry: new Map(),
      byDefault: { sender: null, template: null, channel: 'sms' },
    },
  }
  const names = [
    'OTP_TWILIO_URL',
    'OTP_TWILIO_CHALLENGE_MESSAGE',
    'OTP_TWILIO_FROM',
    'OTP_TWILIO_MESSAGING_SERVICE_SID',
    'OTP_TWILIO_NO_DELIVERY',
    'OTP_TWILIO_THROTTLE_FACTOR',
    'OTP_TWILIO_TOKEN_TEMPLATE',
    'OTP_TWILIO_TOKEN_VALIDITY',
    'OTP_TWILIO_TOKEN_LENGTH',
    'OTP_TWILIO_COOLDOWN',
    'OTP_TWILIO_MAX_FAILURES',
    'OTP_TWILIO_TOKEN_GUESSES',
    'OTP_TWILIO_THROTTLE_MAX',
    'OTP_TWILIO_DEFAULT_COUNTRY',
    'OTP_TWILIO_COOLDOWN_MAX',
    'OTP_ESTABLISHED_DAYS',
    'OTP_TWILIO_ALLOWED_COUNTRIES',
    'OTP_TWILIO_ROUTES',
    'OTP_TWILIO_LIMITS',
    'OTP_TWILIO_LIMIT_NUMBER',
    'OTP_TWILIO_LIMIT_NUMBER_ALL',
    'OTP_TWILIO_ESTABLISHED_SHARE',
    'OTP_TWILIO_LIMIT_USER',
    'OTP_TWILIO_LIMIT_CLIENT',
    'OTP_TWILIO_LIMIT_COUNTRY',
    'OTP_TWILIO_LIMIT_DEPLOYMENT',
  ]

  it('are those of django-otp-twilio for every setting that it has', () => {
    expect(readAll({})).toEqual(byDefault)
  })

  it.each(names)('hold for %s when it is empty', name => {
    expect(readAll({ [name]: '' })).toEqual(byDefault)
    expect(readAll({ [name]: '  ' })).toEqual(byDefault)
    expect(readAll({ [name]: undefined })).toEqual(byDefault)
  })

  it('are what production runs with when nothing is set', () => {
    expect(readAll({ OTP_STAGE: 'prod' })).toEqual(byDefault)
  })
})

describe('a number', () => {
  const numbers: [name: string, least: string, most: string, below: string[], above: string[]][] = [
    ['OTP_TWILIO_THROTTLE_FACTOR', '0', '3600', ['-0.001'], ['3600.001', '3601']],
    ['OTP_TWILIO_THROTTLE_MAX', '1', '31536000', ['0', '0.5'], ['31536001']],
    ['OTP_TWILIO_MAX_FAILURES', '1', '100', ['0', '0.5'], ['101', '100.5']],
    ['OTP_TWILIO_TOKEN_GUESSES', '1', '100', ['0', '0.5'], ['101']],
    ['OTP_TWILIO_TOKEN_LENGTH', '6', '8', ['5', '5.9'], ['9', '10']],
    ['OTP_TWILIO_TOKEN_VALIDITY', '1', '36000', ['0', '0.5'], ['36001']],
    ['OTP_TWILIO_COOLDOWN', '0', '86400', ['-1'], ['86401']],
    ['OTP_TWILIO_COOLDOWN_MAX', '1', '86400', ['0'], ['86401']],
    ['OTP_ESTABLISHED_DAYS', '1', '3650', ['0', '0.5'], ['3651']],
    ['OTP_TWILIO_ESTABLISHED_SHARE', '0', '90', ['-1'], ['91']],
  ]
  const whole = numbers.map(([name]) => name).filter(name => name !== 'OTP_TWILIO_THROTTLE_FACTOR')
  const garbage = [
    '1e3',
    '1E1',
    ' 7',
    '7 ',
    '7\n',
    '-1',
    '+7',
    '--7',
    'NaN',
    'Infinity',
    '0x10',
    '0b111',
    '٣',
    '７',
    '7,0',
    '1_0',
    '.5',
    '7.',
    '7.0.0',
    '7s',
    'seven',
    'true',
    'null',
    '9'.repeat(400),
  ]

  it.each(numbers)('%s may be %s and %s', (name, least, most) => {
    expect(() => readAll({ [name]: least })).not.toThrow()
    expect(() => readAll({ [name]: most })).not.toThrow()
  })

  it.each(numbers)('%s may be nothing below %s or above %s', (name, _, __, below, above) => {
    for (const value of [...below, ...above]) expectRefused({ [name]: value }, name)
  })

  it.each(numbers)('%s may not be garbage', name => {
    for (const value of garbage) expectRefused({ [name]: value }, name)
  })

  it.each(whole)('%s is whole', name => {
    expectRefused({ [name]: '7.5' }, name)
  })
})

it('OTP_ESTABLISHED_DAYS is how long a use counts, in days', () => {
  expect(establishedSettings({ OTP_ESTABLISHED_DAYS: '2' }).establishedMs).toBe(172_800_000)
})

it('OTP_TWILIO_COOLDOWN_MAX is the longest cooldown in seconds', () => {
  expect(deviceSettings({ OTP_TWILIO_COOLDOWN_MAX: '60' }).cooldown.longestCooldownMs).toBe(60_000)
})

describe('OTP_TWILIO_THROTTLE_FACTOR', () => {
  const factorMs = (seconds: string) =>
    deviceSettings({ OTP_TWILIO_THROTTLE_FACTOR: seconds }).throttle.factorMs

  it.each([
    ['0', 0],
    ['1', 1000],
    ['2', 2000],
    ['0.5', 500],
    ['0.25', 250],
    ['0.29', 290],
    ['2.3', 2300],
    ['1.005', 1005],
    ['0.001', 1],
    ['3599.999', 3_599_999],
    ['3600', 3_600_000],
    ['3600.0', 3_600_000],
  ])('takes whole seconds and fractions: %s is %i ms', (seconds, ms) => {
    expect(factorMs(seconds)).toBe(ms)
  })

  it.each(['0.0005', '0.0001', '1.0005', '3599.9999', '0.0000001'])(
    'has no part of a millisecond: %s',
    seconds => {
      expectRefused({ OTP_TWILIO_THROTTLE_FACTOR: seconds }, 'OTP_TWILIO_THROTTLE_FACTOR')
    },
  )

  it.each(['0.0000000001', '1.0000000001'])(
    'has no part of a millisecond however small: %s',
    seconds => {
      expectRefused({ OTP_TWILIO_THROTTLE_FACTOR: seconds }, 'OTP_TWILIO_THROTTLE_FACTOR')
    },
  )

  it('multiplies the sequence 1, 2, 4, 8', () => {
    const { throttle } = deviceSettings({ OTP_TWILIO_THROTTLE_FACTOR: '3' })

    const ends = [1, 2, 3, 4].map(failures => lockEnd({ failures, failedAt: 1000 }, throttle))

    expect(ends).toEqual([4000, 7000, 13_000, 25_000])
  })

  it('of 0 switches the throttle off', () => {
    const { throttle } = deviceSettings({ OTP_TWILIO_THROTTLE_FACTOR: '0' })

    expect(lockEnd({ failures: 9, failedAt: 1000 }, throttle)).toBeNull()
  })
})

describe('what a number does', () => {
  const device = deviceOf()

  it('OTP_TWILIO_THROTTLE_MAX is the longest lock in seconds', () => {
    const { throttle } = deviceSettings({ OTP_TWILIO_THROTTLE_MAX: '5' })

    expect(lockEnd({ failures: 25, failedAt: 1000 }, throttle)).toBe(6000)
  })

  it('OTP_TWILIO_MAX_FAILURES is how many failures disable a device', () => {
    const { throttle } = deviceSettings({ OTP_TWILIO_MAX_FAILURES: '4' })

    expect(isDisabled({ failures: 3, failedAt: 0 }, throttle)).toBe(false)
    expect(isDisabled({ failures: 4, failedAt: 0 }, throttle)).toBe(true)
  })

  it('OTP_TWILIO_TOKEN_GUESSES is how many wrong guesses use a token up, and none by default', () => {
    const { throttle } = deviceSettings({ OTP_TWILIO_TOKEN_GUESSES: '4' })

    expect([throttle.tokenGuesses, deviceSettings({}).throttle.tokenGuesses]).toEqual([4, null])
  })

  it('OTP_REQUIRE_CHALLENGE_ID asks for a challengeId, and does not by default', () => {
    const given = [{}, { OTP_REQUIRE_CHALLENGE_ID: 'false' }, { OTP_REQUIRE_CHALLENGE_ID: 'true' }]

    expect(given.map(env => requiresChallengeId(env))).toEqual([false, false, true])
  })

  it('OTP_TWILIO_TOKEN_LENGTH is how many digits a token has', async () => {
    const settings = deviceSettings({ OTP_TWILIO_TOKEN_LENGTH: '7' })

    const { token } = await drawToken(Buffer.alloc(32), device, settings, 1000)

    expect(token).toMatch(/^\d{7}$/)
  })

  it('OTP_TWILIO_TOKEN_VALIDITY is how many seconds a token lives', async () => {
    const settings = deviceSettings({ OTP_TWILIO_TOKEN_VALIDITY: '45' })

    const { entry } = await drawToken(Buffer.alloc(32), device, settings, 1000)

    expect(entry.validUntil).toBe(46_000)
    expect(livePending({ ...device, pending: { digest: entry } }, 45_999)).toEqual(entry)
    expect(livePending({ ...device, pending: { digest: entry } }, 46_000)).toBeNull()
  })

  it.each([
    ['1', 5],
    ['4', 5],
    ['5', 5],
    ['6', 6],
    ['300', 300],
    ['36000', 36_000],
  ])('a token valid for %s seconds is dropped by Twilio after %i', (seconds, period) => {
    const { validityPeriod } = deliverySettings({ OTP_TWILIO_TOKEN_VALIDITY: seconds })

    expect(validityPeriod).toBe(period)
  })

  it('OTP_TWILIO_COOLDOWN is the seconds from one challenge to the next', () => {
    const { cooldown } = deviceSettings({ OTP_TWILIO_COOLDOWN: '30' })

    expect(cooldown.cooldownMs).toBe(30_000)
  })
})

describe('OTP_TWILIO_DEFAULT_COUNTRY', () => {
  it('is the country of national numbers', () => {
    const country = defaultCountry({ OTP_TWILIO_DEFAULT_COUNTRY: 'GB' })

    expect(parseNumber('020 7183 8750', country)).toBe('+442071838750')
  })

  it('that is no country is refused with the first number', () => {
    const country = defaultCountry({ OTP_TWILIO_DEFAULT_COUNTRY: 'canary' })

    const { code, message } = refusalOf(() => parseNumber('+442071838750', country))

    expect(code).toBe('not_configured')
    expect(message).toMatch(/^OTP_TWILIO_DEFAULT_COUNTRY must be \w.*\.$/)
    expect(message).not.toContain('canary')
  })
})

describe('OTP_TWILIO_URL', () => {
  it.each([
    'https://api.twilio.com',
    'https://api.dublin.ie1.twilio.com',
    'https://api.twilio.com/',
    'https://127.0.0.1:8443',
    'HTTPS://api.twilio.com',
  ])('is kept as it is: %s', url => {
    expect(deliverySettings({ OTP_STAGE: 'prod', OTP_TWILIO_URL: url }).url).toBe(url)
  })

  it.each([
    'api.twilio.com',
    'https://user:secret@api.twilio.com',
    'https://api.twilio.com?edge=x',
    'https://api.twilio.com#x',
    '//api.twilio.com',
    'https://',
    'ftp://api.twilio.com',
    'file:///etc/passwd',
    'javascript:0',
    'garbage',
  ])('is an https URL on every stage: %s', url => {
    expectRefused({ OTP_STAGE: 'prod', OTP_TWILIO_URL: url }, 'OTP_TWILIO_URL')
    expectRefused({ OTP_STAGE: 'local', OTP_TWILIO_URL: url }, 'OTP_TWILIO_URL')
  })

  it.each(production)('may not be plain http on the stage %j', stage => {
    const env = { OTP_STAGE: stage, OTP_TWILIO_URL: 'http://127.0.0.1.example:8080' }

    expectRefused(env, 'OTP_TWILIO_URL')
  })

  it.each(['http://127.0.0.1:8080', 'http://localhost', 'http://[::1]:8080'])(
    'may be plain http within this machine: %s',
    url => {
      expect(deliverySettings({ OTP_STAGE: 'prod', OTP_TWILIO_URL: url }).url).toBe(url)
    },
  )

  it.each(development)('may be plain http on the stage %j', stage => {
    const env = { OTP_STAGE: stage, OTP_TWILIO_URL: 'http://twilio.example:8080' }

    expect(deliverySettings(env).url).toBe('http://twilio.example:8080')
  })
})

describe('OTP_TWILIO_NO_DELIVERY', () => {
  it.each([
    ['true', true],
    ['True', true],
    ['TRUE', true],
    ['1', true],
    ['false', false],
    ['False', false],
    ['0', false],
  ])('is true or false: %s', (value, noDelivery) => {
    const env = { OTP_STAGE: 'dev', OTP_TWILIO_NO_DELIVERY: value }

    expect(deliverySettings(env).noDelivery).toBe(noDelivery)
  })

  it.each(['yes', 'no', 'on', 'off', '2', '-1', 'truee', ' true', 'None'])(
    'is nothing else: %j',
    value => {
      const env = { OTP_STAGE: 'dev', OTP_TWILIO_NO_DELIVERY: value }

      expectRefused(env, 'OTP_TWILIO_NO_DELIVERY')
    },
  )

  it.each(production)('is refused on the stage %j', stage => {
    const env = { OTP_STAGE: stage, OTP_TWILIO_NO_DELIVERY: 'true' }

    expectRefused(env, 'OTP_TWILIO_NO_DELIVERY')
  })

  it.each(development)('is allowed on the stage %j for development', stage => {
    const env = { OTP_STAGE: stage, OTP_TWILIO_NO_DELIVERY: 'true' }

    expect(deliverySettings(env).noDelivery).toBe(true)
  })

  it('may be false in production', () => {
    const env = { OTP_STAGE: 'prod', OTP_TWILIO_NO_DELIVERY: 'false' }

    expect(deliverySettings(env).noDelivery).toBe(false)
  })
})

describe('OTP_TWILIO_CHALLENGE_MESSAGE', () => {
  it.each(production)('may not show the token on the stage %j', stage => {
    const env = { OTP_STAGE: stage, OTP_TWILIO_CHALLENGE_MESSAGE: 'sent {token}' }

    expectRefused(env, 'OTP_TWILIO_CHALLENGE_MESSAGE')
  })

  it.each(development)('may show the token on the stage %j', stage => {
    const env = { OTP_STAGE: stage, OTP_TWILIO_CHALLENGE_MESSAGE: 'sent {token}' }

    expect(deliverySettings(env).challengeMessage).toBe('sent {token}')
  })

  it.each(['Look at your phone', 'Say {{token}}'])(
    'may be any other text in production: %s',
    text => {
      const env = { OTP_STAGE: 'prod', OTP_TWILIO_CHALLENGE_MESSAGE: text }

      expect(deliverySettings(env).challengeMessage).toBe(text)
    },
  )
})

describe('a template', () => {
  const names = ['OTP_TWILIO_TOKEN_TEMPLATE', 'OTP_TWILIO_CHALLENGE_MESSAGE']

  it.each(names)('%s has no field but the token', name => {
    for (const template of ['{', '}', '{}', '{app}: {token}', '{token!r}', '{{token}']) {
      expectRefused({ OTP_STAGE: 'test', [name]: template }, name)
    }
  })

  it('OTP_TWILIO_TOKEN_TEMPLATE may show the token in production', () => {
    const env = { OTP_STAGE: 'prod', OTP_TWILIO_TOKEN_TEMPLATE: 'Your code is {token}' }

    expect(deliverySettings(env).tokenTemplate).toBe('Your code is {token}')
  })
})

describe('the sender', () => {
  const from = { OTP_TWILIO_FROM: '+15005550006' }
  const service = { OTP_TWILIO_MESSAGING_SERVICE_SID: 'MG0123456789abcdef0123456789abcdef' }

  it('of calls is OTP_TWILIO_FROM, whatever messages are sent from', () => {
    const both = { ...from, OTP_TWILIO_MESSAGING_SERVICE_SID: 'MG01' }

    expect(deliverySettings(both).callFrom).toBe('+15005550006')
  })

  it('is the number of OTP_TWILIO_FROM', () => {
    expect(deliverySettings(from).sender).toEqual({ from: '+15005550006' })
  })

  it('is the messaging service of OTP_TWILIO_MESSAGING_SERVICE_SID', () => {
    expect(deliverySettings(service).sender).toEqual({
      messagingServiceSid: 'MG0123456789abcdef0123456789abcdef',
    })
  })

  it('is the messaging service when both are set', () => {
    expect(deliverySettings({ ...from, ...service }).sender).toEqual({
      messagingServiceSid: 'MG0123456789abcdef0123456789abcdef',
    })
  })

  it('is the number when the messaging service is empty', () => {
    const env = { ...from, OTP_TWILIO_MESSAGING_SERVICE_SID: '' }

    expect(deliverySettings(env).sender).toEqual({ from: '+15005550006' })
  })
})

describe('a bad setting', () => {
  it.each([
    ['OTP_TWILIO_URL', 'canary'],
    ['OTP_TWILIO_CHALLENGE_MESSAGE', 'canary {token}'],
    ['OTP_TWILIO_CHALLENGE_MESSAGE', 'canary {'],
    ['OTP_TWILIO_NO_DELIVERY', 'canary'],
    ['OTP_TWILIO_THROTTLE_FACTOR', 'canary'],
    ['OTP_TWILIO_TOKEN_TEMPLATE', '{canary}'],
    ['OTP_TWILIO_TOKEN_VALIDITY', 'canary'],
    ['OTP_TWILIO_TOKEN_LENGTH', 'canary'],
    ['OTP_TWILIO_COOLDOWN', 'canary'],
    ['OTP_TWILIO_MAX_FAILURES', 'canary'],
    ['OTP_TWILIO_THROTTLE_MAX', 'canary'],
  ])('%s is refused by its name and without its value: %s', (name, value) => {
    const problem = refusalOf(() => readAll({ [name]: value }))

    expect(problem.message).toMatch(new RegExp(`^${name} must be .+\\.$`))
    expect(problem.stack).not.toContain('canary')
    expect(JSON.stringify(problem)).not.toContain('canary')
    expect(problem.cause).toBeUndefined()
  })
})

describe.each([
  ['token', 'OTP_TOKEN_KEY', tokenKey],
  ['index', 'OTP_INDEX_KEY', indexKey],
] as const)('the %s key', (_, name, readKey) => {
  const bytes = Buffer.from(Array.from({ length: 32 }, (_, index) => index * 8 + 7))

  it('is 32 bytes in base64', () => {
    // Generated once by `base64`, with + and / in it.
    const key = readKey({ [name]: 'Bw8XHycvNz9HT1dfZ293f4ePl5+nr7e/x8/X3+fv9/8=' })

    expect(key).toEqual(bytes)
  })

  it.each([
    undefined,
    '',
    'canary',
    'A'.repeat(43),
    'A'.repeat(44),
    `${'A'.repeat(42)}B=`,
    bytes.subarray(1).toString('base64'),
    Buffer.concat([bytes, bytes.subarray(0, 1)]).toString('base64'),
    bytes.toString('base64url'),
    bytes.toString('hex'),
    ` ${bytes.toString('base64')}`,
    `${bytes.toString('base64')}\n`,
    `${bytes.toString('base64')}=`,
    bytes.toString('base64').replace('Bw8X', 'Bw*8X'),
  ])('is nothing else: %j', value => {
    const read = () => readKey(value === undefined ? {} : { [name]: value })

    const { code, message } = refusalOf(read)

    expect(code).toBe('not_configured')
    expect(message).toBe(`${name} must be 32 bytes in base64.`)
  })
})

describe('the Twilio credentials', () => {
  const account = { OTP_TWILIO_ACCOUNT: 'ACtest', OTP_TWILIO_AUTH: 'secret' }

  it('are the account’s own without an API key', () => {
    expect(twilioCredentials(account)).toEqual({
      accountSid: 'ACtest',
      username: 'ACtest',
      password: 'secret',
    })
  })

  it('are the API key’s when there is one', () => {
    expect(twilioCredentials({ ...account, OTP_TWILIO_API_KEY: 'SKtest' })).toEqual({
      accountSid: 'ACtest',
      username: 'SKtest',
      password: 'secret',
    })
  })

  it.each<[string, Secrets]>([
    ['OTP_TWILIO_ACCOUNT', { OTP_TWILIO_AUTH: 'canary' }],
    ['OTP_TWILIO_ACCOUNT', { OTP_TWILIO_AUTH: 'canary', OTP_TWILIO_ACCOUNT: '' }],
    ['OTP_TWILIO_ACCOUNT', { OTP_TWILIO_AUTH: 'canary', OTP_TWILIO_ACCOUNT: 'SKcanary' }],
    ['OTP_TWILIO_ACCOUNT', { OTP_TWILIO_AUTH: 'canary', OTP_TWILIO_ACCOUNT: 'AC' }],
    ['OTP_TWILIO_ACCOUNT', { OTP_TWILIO_AUTH: 'canary', OTP_TWILIO_ACCOUNT: '/ACcanary' }],
    ['OTP_TWILIO_ACCOUNT', { OTP_TWILIO_AUTH: 'canary', OTP_TWILIO_ACCOUNT: 'AC/../canary' }],
    ['OTP_TWILIO_ACCOUNT', { OTP_TWILIO_AUTH: 'canary', OTP_TWILIO_ACCOUNT: 'ACcanary\n' }],
    ['OTP_TWILIO_AUTH', { OTP_TWILIO_ACCOUNT: 'ACcanary' }],
    ['OTP_TWILIO_AUTH', { OTP_TWILIO_ACCOUNT: 'ACcanary', OTP_TWILIO_API_KEY: 'SKcanary' }],
  ])('are not configured without %s: %j', (name, secrets) => {
    const { code, message } = refusalOf(() => twilioCredentials(secrets))

    expect(code).toBe('not_configured')
    expect(message).toMatch(new RegExp(`^${name} must be \\w.*\\.$`))
    expect(message).not.toContain('canary')
  })
})

describe('the recorded settings of django-otp-twilio', () => {
  /** Where we refuse on purpose what the peer sends to Twilio, or fails at in another way. */
  const differences: Record<string, string> = {
    // A request with an empty account in its path: Twilio answers 404 to every one.
    'ACCOUNT empty string': 'OTP_TWILIO_ACCOUNT',
    // An empty password: Twilio answers 401 to every one.
    'AUTH empty string': 'OTP_TWILIO_AUTH',
    // An account SID has letters and digits; anything else would change the path of the request.
    'account with reserved characters': 'OTP_TWILIO_ACCOUNT',
    // The peer raises KeyError for each challenge, after it has stored the token.
    'template with unknown placeholder': 'OTP_TWILIO_TOKEN_TEMPLATE',
  }

  interface Scenario {
    name: string
    settings: Record<string, string | boolean | null>
    requests: { path: string; authorization: { user: string }; form: string[][] }[]
    outcome: { exception?: string; message?: string }
  }
  const scenarios = vectors.scenarios as unknown as Scenario[]

  function environmentOf({ settings }: Scenario): Record<string, string | undefined> {
    const given = Object.entries(settings).map(([name, value]) => [
      name,
      value === null
        ? undefined
        : String(value).replace(/\{url\}|\{dead_url\}/, 'http://127.0.0.1:8080'),
    ])
    return { OTP_STAGE: 'test', ...Object.fromEntries(given) }
  }

  function secretsOf(env: Environment) {
    return secretSource(['OTP_TWILIO_ACCOUNT', 'OTP_TWILIO_API_KEY', 'OTP_TWILIO_AUTH'], { env })
  }

  /** The first setting that an error names; null when there was none. */
  function settingIn(message: string | undefined): string | null {
    return message?.match(/OTP_TWILIO_[A-Z_]+/)?.[0] ?? null
  }

  it('are 49', () => {
    expect(scenarios).toHaveLength(49)
  })

  it('are not configured in 8 scenarios', () => {
    expect(scenarios.filter(({ outcome }) => isImproper(outcome))).toHaveLength(8)
  })

  it('differ from ours only in recorded scenarios', () => {
    const names = scenarios.map(({ name }) => name)

    expect(names).toEqual(expect.arrayContaining(Object.keys(differences)))
  })

  it.each(scenarios)('are taken or refused as by the peer: $name', async scenario => {
    const { name, outcome } = scenario
    const env = environmentOf(scenario)

    const preparing = Promise.resolve().then(() =>
      prepareDelivery(
        { ...deliverySettings(env), ...messageSettings(env) },
        { channel: 'sms', locale: null },
        { routes: messageRoutes(env), allowedCountries: null },
        secretsOf(env),
      ),
    )

    const missing = differences[name] ?? (isImproper(outcome) ? settingIn(outcome.message) : null)
    if (missing === null) {
      await expect(preparing).resolves.toBeTypeOf('function')
    } else {
      const problem = await preparing.catch(error => error)
      expect(problem).toMatchObject({ code: 'not_configured' })
      expect(settingIn(problem.message)).toBe(missing)
    }
  })

  const sending = scenarios.filter(
    ({ name, requests }) => requests.length > 0 && !(name in differences),
  )

  it.each(sending)('lead to the peer’s account, user and sender: $name', async scenario => {
    const env = environmentOf(scenario)
    const [request] = scenario.requests

    const { sender } = deliverySettings(env)
    const { accountSid, username } = twilioCredentials(await secretsOf(env).load())

    const senderField = request?.form.filter(([field]) => field !== 'To' && field !== 'Body')
    expect(request?.path.replace('//', '/')).toBe(
      `/2010-04-01/Accounts/${accountSid}/Messages.json`,
    )
    expect(username).toBe(request?.authorization.user)
    expect(senderField).toEqual([
      sender !== null && 'from' in sender
        ? ['From', sender.from]
        : ['MessagingServiceSid', sender?.messagingServiceSid],
    ])
  })

  function isImproper({ exception }: { exception?: string }): boolean {
    return exception?.endsWith('ImproperlyConfigured') ?? false
  }
})

// What a stage is deployed as: where each setting comes from, and what is refused before anything
// is packaged or asked of AWS.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { readDeployment, settingsOf } from '../../../infra/stack/deployment.ts'
import { regionOf } from '../../../infra/stack/region.ts'

const folder = mkdtempSync(join(tmpdir(), 'otp-stage-'))
writeFileSync(
  join(folder, '.env.prod'),
  'OTP_TWILIO_FROM=+15005550006\nOTP_TWILIO_COOLDOWN=60\nOTP_REGION=eu-central-1\n',
)
afterAll(() => rmSync(folder, { recursive: true }))

const prod = (env: Record<string, string> = {}) => readDeployment('prod', env, folder)
const dev = (env: Record<string, string> = {}) => readDeployment('dev', env, folder)

describe('a setting', () => {
  it('is that of the file of the stage', () => {
    expect(prod().effective.OTP_TWILIO_COOLDOWN).toBe('60')
  })

  it('is that of the environment before that of the file', () => {
    expect(prod({ OTP_TWILIO_COOLDOWN: '90' }).effective.OTP_TWILIO_COOLDOWN).toBe('90')
  })

  it.each(['', '  '])('is that of the file where the environment has %j', value => {
    expect(prod({ OTP_TWILIO_COOLDOWN: value }).effective.OTP_TWILIO_COOLDOWN).toBe('60')
  })

  it('is the shipped one where nothing gives one', () => {
    expect(dev().effective.OTP_TWILIO_COOLDOWN).toBe('30')
  })

  it('of another stage is not read', () => {
    expect(dev().given).toEqual({})
  })

  it('that is given is known beside the shipped ones', () => {
    expect(prod().given).toEqual({
      OTP_TWILIO_FROM: '+15005550006',
      OTP_TWILIO_COOLDOWN: '60',
      OTP_REGION: 'eu-central-1',
    })
  })

  it('reaches the functions that read it, and no others', () => {
    const of = (name: string) => settingsOf(name, prod()).OTP_TWILIO_FROM

    expect([of('challenge'), of('verify')]).toEqual(['+15005550006', undefined])
  })
})

describe('it is refused in one sentence', () => {
  it.each<[string, string, Record<string, string>, RegExp]>([
    ['a bad value', 'dev', { OTP_TWILIO_TOKEN_LENGTH: '99' }, /^OTP_TWILIO_TOKEN_LENGTH must be/],
    ['a bad value of the deploy', 'dev', { OTP_ALARM_EMAIL: 'ops' }, /^OTP_ALARM_EMAIL must be/],
    ['a rate that is none', 'dev', { OTP_RATE_VERIFY: '100' }, /^OTP_RATE_VERIFY must be/],
    ['a rate that lets nobody in', 'dev', { OTP_RATE_PUBLIC: '0/1' }, /^OTP_RATE_PUBLIC must be/],
    ['a share of nothing', 'dev', { OTP_VERIFY_CONCURRENCY: '0' }, /^OTP_VERIFY_CONCURRENCY must/],
    ['no way in', 'dev', { OTP_DEFAULT_ENDPOINT: 'off' }, /^OTP_PUBLIC_URL must be set where/],
    ['a budget of nothing', 'dev', { OTP_TWILIO_DAILY_BUDGET: '0' }, /^OTP_TWILIO_DAILY_BUDGET/],
    ['an unknown name', 'dev', { OTP_TWILIO_FORM: 'a' }, /did you mean OTP_TWILIO_FROM\?$/],
    ['no sender', 'live', {}, /^OTP_TWILIO_MESSAGING_SERVICE_SID must be set, or OTP_TWILIO_FROM/],
    ['no delivery', 'prod', { OTP_TWILIO_NO_DELIVERY: 'true' }, /^OTP_TWILIO_NO_DELIVERY must be/],
    ['a wildcard for a bus', 'dev', { OTP_EVENT_BUS: '*' }, /^OTP_EVENT_BUS must be/],
    ['a name for a boundary', 'dev', { OTP_PERMISSIONS_BOUNDARY: 'b' }, /^OTP_PERMISSIONS_BOU/],
    ['a tag without a value', 'dev', { OTP_TAGS: 'team' }, /^OTP_TAGS must be/],
    ['a tag of AWS', 'dev', { OTP_TAGS: 'aws:team=a' }, /^OTP_TAGS must be/],
    ['a stage that is a path', '../prod', {}, /^"\.\.\/prod" is not a stage/],
    [
      'a name that Lambda would not take',
      'a'.repeat(23),
      { OTP_TWILIO_FROM: 'a' },
      /^The name serverless-otp-twilio-a+-delete-always-allow has 65 .* takes 64: shorten .* by 1\.$/,
    ],
    [
      'more settings than a function may have',
      'dev',
      { OTP_TWILIO_TOKEN_TEMPLATES: JSON.stringify({ de: `{token} ${'ä'.repeat(1600)}` }) },
      /^The settings of the function challenge are \d+ bytes.* 4096: shorten OTP_TWILIO_TOKEN_TEMP/,
    ],
  ])('%s', (_, stage, env, sentence) => {
    expect(() => readDeployment(stage, env, folder)).toThrow(sentence)
  })

  it('a name of 64 characters is taken', () => {
    expect(readDeployment('a'.repeat(22), { OTP_TWILIO_FROM: 'a' }, folder).stack).toHaveLength(44)
  })

  it('a sender is not needed where every allowed country has its own', () => {
    const env = {
      OTP_TWILIO_ALLOWED_COUNTRIES: 'GB',
      OTP_TWILIO_ROUTES: JSON.stringify({ GB: { from: 'Acme' } }),
    }

    expect(() => readDeployment('live', env, folder)).not.toThrow()
  })
})

describe('the tables', () => {
  it.each([
    ['prod', true],
    ['production', true],
    ['live', true],
    ['prod-eu', true],
    ['staging', true],
    ['dev', false],
    ['test', false],
  ])('of %s are protected: %s', (stage, expected) => {
    const env = { OTP_TWILIO_FROM: 'a' }

    expect(readDeployment(stage, env, folder).protectsTables).toBe(expected)
  })

  it.each([
    ['dev', 'true', true],
    ['prod', 'false', false],
  ])('of %s are protected as OTP_PROTECT_TABLES=%s says', (stage, value, expected) => {
    expect(readDeployment(stage, { OTP_PROTECT_TABLES: value }, folder).protectsTables).toBe(
      expected,
    )
  })
})

describe('the region', () => {
  const of = (flag: string | undefined, env: Record<string, string>, deployment = dev(env)) =>
    regionOf(flag, deployment, env)

  it.each<[string, string | undefined, Record<string, string>, string]>([
    ['the flag', 'us-west-2', { OTP_REGION: 'eu-west-1', AWS_REGION: 'eu-west-2' }, 'us-west-2'],
    ['OTP_REGION', undefined, { OTP_REGION: 'eu-west-1', AWS_REGION: 'eu-west-2' }, 'eu-west-1'],
    ['AWS_REGION', undefined, { AWS_REGION: 'eu-west-2', AWS_DEFAULT_REGION: 'a' }, 'eu-west-2'],
    ['AWS_DEFAULT_REGION', undefined, { AWS_DEFAULT_REGION: 'eu-west-3' }, 'eu-west-3'],
  ])('is that of %s', async (_, flag, env, expected) => {
    expect(await of(flag, env)).toBe(expected)
  })

  it('is that of the file before AWS_REGION', async () => {
    expect(await of(undefined, { AWS_REGION: 'us-east-1' }, prod())).toBe('eu-central-1')
  })

  it('is refused where none is known', async () => {
    vi.stubEnv('AWS_REGION', undefined)
    vi.stubEnv('AWS_CONFIG_FILE', '/dev/null')

    await expect(of(undefined, {})).rejects.toThrow(
      'No AWS region is known: pass --region, or set OTP_REGION in .env.dev, or AWS_REGION.',
    )
    vi.unstubAllEnvs()
  })

  it('that is none is refused', async () => {
    await expect(of('mars', {})).rejects.toThrow('"mars" is not an AWS region')
  })
})

describe('the door', () => {
  it('is open as it is shipped', () => {
    expect(dev()).toMatchObject({
      rates: {
        verify: { perSecond: 100, burst: 200 },
        challenge: { perSecond: 100, burst: 200 },
        callbacks: { perSecond: 200, burst: 400 },
        others: { perSecond: 50, burst: 100 },
        public: { perSecond: 5, burst: 20 },
      },
      hasDefaultEndpoint: true,
      verifyConcurrency: null,
    })
  })

  it('is as wide as the stage sets it', () => {
    const wide = dev({ OTP_RATE_VERIFY: '2000/4000', OTP_VERIFY_CONCURRENCY: '300' })

    expect(wide.rates.verify).toEqual({ perSecond: 2000, burst: 4000 })
    expect(wide.verifyConcurrency).toBe(300)
  })

  it('may be a domain alone', () => {
    const closed = { OTP_DEFAULT_ENDPOINT: 'off', OTP_PUBLIC_URL: 'https://otp.example' }

    expect(dev(closed).hasDefaultEndpoint).toBe(false)
  })
})

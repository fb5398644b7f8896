// What has a form: each setting with texts that it takes, whole, and with texts that miss it by
// little.
import { describe, expect, it } from 'vitest'
import { readAllSettings } from '../../../lib/settings/all.ts'
import { deviceCaps } from '../../../lib/settings/device-caps.ts'
import { eventBus } from '../../../lib/settings/event-bus.ts'
import { clientLimitSettings, isShared } from '../../../lib/settings/limits.ts'
import { awsCaller, keptRecordsUrl, tableNames } from '../../../lib/settings/stage.ts'

const account = '123456789012'
const busArn = `arn:aws:events:eu-central-1:${account}:event-bus/audit`
const poolArn = `arn:aws:cognito-idp:eu-central-1:${account}:userpool/eu-central-1_Ab3`
const keyArn = `arn:aws:kms:eu-central-1:${account}:key/mrk-1a2b`
const policyArn = `arn:aws:iam::${account}:policy/teams/otp`

/** Texts that miss the form of an ARN. */
const noArns = (arn: string) => [
  ` ${arn}`,
  `${arn}!`,
  `x${arn}`,
  arn.replace(':aws:', '::'),
  arn.replace(':aws:', ':a.s:'),
  arn.replace(account, account.slice(1)),
  arn.replace(account, 'x'.repeat(12)),
  arn.replace(/\/.*/, '/'),
  arn.replace(/\/.*/, ''),
]

const noRegion = (arn: string) => [
  arn.replace('eu-central-1', ''),
  arn.replace('eu-central-1', 'eu.central'),
]

const forms: Record<string, { taken: string[]; refused: string[] }> = {
  OTP_EVENT_BUS: {
    taken: ['off', 'default', 'audit', 'aws.partner/example.com/1', 'b'.repeat(256), busArn],
    refused: ['a bus', '!bus', 'bus!', 'b'.repeat(257), ...noArns(busArn), ...noRegion(busArn)],
  },
  OTP_COGNITO_USER_POOL_ARN: {
    taken: [poolArn, poolArn.replace(':aws:', ':aws-us-gov:').replaceAll('eu-central', 'us-gov')],
    refused: [
      ...noArns(poolArn),
      poolArn.replace(':eu-central-1:', '::'),
      poolArn.replace(':eu-central-1:', ':eu.central:'),
      poolArn.replace('/eu-central-1_', '/_'),
      poolArn.replace('/eu-central-1_', '/eu.central_'),
      poolArn.replace('_Ab3', '_A-b'),
      poolArn.replace('_Ab3', '_'),
    ],
  },
  OTP_SECRETS_KEY_ARN: {
    taken: [keyArn],
    refused: [...noArns(keyArn), ...noRegion(keyArn), keyArn.replace('key/', 'alias/')],
  },
  OTP_PERMISSIONS_BOUNDARY: {
    taken: [policyArn, 'arn:aws:iam::aws:policy/PowerUserAccess', `${policyArn}+=,.@-`],
    refused: noArns(policyArn),
  },
  OTP_TWILIO_SIGNATURE_KEY: {
    taken: ['k:HMAC_SHA256', 'K_1.b-2:HMAC_SHA1', `${'k'.repeat(128)}:HMAC_SHA256`],
    refused: [
      ...[' k:HMAC_SHA256', 'k:HMAC_SHA256!', 'k:HMAC_SHA2', ':HMAC_SHA256', 'k!:HMAC_SHA1'],
      `${'k'.repeat(129)}:HMAC_SHA256`,
    ],
  },
  OTP_SSM_PATH: {
    taken: ['/otp', '/serverless-otp-twilio/prod', '/a.b/c_d/e-f'],
    refused: ['otp', 'otp/prod', '/otp/', '/otp prod', '/', '//otp', '/o!/otp'],
  },
  OTP_STAGE: { taken: ['prod', 'p', 'Prod-2'], refused: ['2prod', '-prod', 'prod!', 'pro d'] },
  OTP_SERVICE: { taken: ['otp', 'Otp-2'], refused: ['2otp', 'otp!', ' otp', 'o_tp'] },
  OTP_REGION: {
    taken: ['eu-central-1', 'us-gov-west-1', 'ap-southeast-12'],
    refused: ['eu', 'eu-central', 'e-central-1', 'eu-central-1a', 'Eu-central-1', 'eu--1'],
  },
  DEVICES_TABLE: {
    taken: ['abc', 'a.b_c-D2', 't'.repeat(255)],
    refused: ['ab', '!abc', 'abc!', 't'.repeat(256)],
  },
  OTP_ALARM_EMAIL: {
    taken: ['ops@example.com', 'a.b+c@sub.example.co.uk'],
    refused: ['ops', 'ops@example', '@example.com', 'ops@', 'a b@example.com', 'a@b@example.com'],
  },
  OTP_RATE_VERIFY: {
    taken: ['1/1', '100/200', '999999/999999'],
    refused: ['0/1', '1/0', '100', '100/', '/100', '100/200/300', '01/1', '1000000/1', '1/1x'],
  },
  OTP_PROOF_ACR: {
    taken: ['urn:example:aal2', '!~', 'a'.repeat(128)],
    refused: ['a b', 'äa', 'aä', 'a'.repeat(129)],
  },
  OTP_PROOF_ISSUER: {
    taken: ['https://otp.example.com', 'https://otp.example.com/otp'],
    refused: ['http://otp.example.com', 'otp.example.com'],
  },
  OTP_TAGS: {
    taken: ['team=login', 'team=login, cost-center=42', 'empty='],
    refused: ['team', '=login', 'aws:team=login', 'team=login,', 'te;am=login'],
  },
}

const env = (name: string, value: string) => ({ OTP_TWILIO_FROM: '+15005550006', [name]: value })

describe.each(Object.entries(forms))('%s', (name, { taken, refused }) => {
  it.each(taken)('is taken: %s', value => {
    expect(() => readAllSettings(env(name, value))).not.toThrow()
  })

  it.each(refused)('is refused: %s', value => {
    expect(() => readAllSettings(env(name, value))).toThrow(`${name} must be `)
  })
})

describe('what is read', () => {
  it('is the name or the ARN of a bus, and null where it is off', () => {
    const read = ['off', 'audit', busArn].map(value => eventBus({ OTP_EVENT_BUS: value }))

    expect([eventBus({}), ...read]).toEqual(['default', null, 'audit', busArn])
  })

  it('is the id and the algorithm of a signature key', () => {
    const { signatureKey } = readAllSettings({ OTP_TWILIO_SIGNATURE_KEY: 'k-1:HMAC_SHA256' })

    expect(signatureKey).toEqual({ id: 'k-1', algorithm: 'HMAC_SHA256' })
    expect(readAllSettings({}).signatureKey).toBeNull()
  })

  it('is how a user pool signs in, three tries and eight rounds as shipped', () => {
    const given = { OTP_COGNITO_USER_POOL_ARN: poolArn, OTP_COGNITO_FLOW: 'sms' }
    const usual = { tries: 3, rounds: 8, floorMs: 1500 }

    expect(readAllSettings({}).cognito).toEqual({
      ...{ userPoolArn: null, flow: 'password-sms' },
      ...usual,
    })
    expect(readAllSettings(given).cognito).toEqual({ userPoolArn: poolArn, flow: 'sms', ...usual })
  })

  it('is how a verification is proved, and nothing without an issuer', () => {
    const issuer = 'https://otp.example.com'
    const given = { OTP_PROOF_ACR: 'aal2', OTP_PROOF_NUMBER: 'true', OTP_PROOF_VALIDITY: '60' }

    expect(readAllSettings(given).proof).toBeNull()
    expect(readAllSettings({ OTP_PROOF_ISSUER: issuer }).proof).toEqual({
      ...{ issuer, validitySeconds: 300, acr: null, showsNumber: false },
    })
    expect(readAllSettings({ OTP_PROOF_ISSUER: issuer, ...given }).proof).toEqual({
      ...{ issuer, validitySeconds: 60, acr: 'aal2', showsNumber: true },
    })
  })

  it('is how many devices there may be, any number where nothing is set', () => {
    const given = { OTP_TWILIO_DEVICES_PER_USER: '10', OTP_TWILIO_DEVICES_PER_NUMBER: '1' }

    expect(deviceCaps({})).toEqual({ perUser: null, perNumber: null })
    expect(deviceCaps(given)).toEqual({ perUser: 10, perNumber: 1 })
  })

  it('is the tags of everything that a deploy makes', () => {
    const tagsOf = (OTP_TAGS?: string) => readAllSettings({ OTP_TAGS }).deployment.tags

    expect(tagsOf()).toEqual({})
    expect(tagsOf('team=login, cost-center=42,empty=')).toEqual({
      ...{ team: 'login', 'cost-center': '42', empty: '' },
    })
  })

  it('is the limit of a client by itself for verify, and none where limits are off', () => {
    const given = { OTP_TWILIO_LIMIT_CLIENT: '5/600', OTP_TWILIO_LIMIT_NUMBER: '1/600' }
    const limits = [{ limit: 'client', most: 5, seconds: 600 }]

    expect(clientLimitSettings({ ...given, OTP_TWILIO_LIMITS: 'on' })).toEqual({
      ...{ mode: 'on', limits, establishedShare: 0 },
    })
    expect(clientLimitSettings({ ...given, OTP_TWILIO_LIMITS: 'off' })).toMatchObject({
      ...{ mode: 'off', limits: [] },
    })
  })

  it('is which limits everybody shares', () => {
    const names = ['number', 'user', 'client', 'country', 'deployment'] as const

    expect(names.filter(isShared)).toEqual(['country', 'deployment'])
  })

  it('is how many days a timeline goes back: 90 as shipped, and none', () => {
    const daysOf = (given: object) => readAllSettings(given as NodeJS.ProcessEnv).timelineDays

    expect([daysOf({}), daysOf({ OTP_TIMELINE_DAYS: '0' })]).toEqual([90, null])
    expect(daysOf({ OTP_TIMELINE_DAYS: '400' })).toBe(400)
    expect(() => daysOf({ OTP_TIMELINE_DAYS: '401' })).toThrow('OTP_TIMELINE_DAYS must be ')
  })
})

describe('what a deploy gives a function', () => {
  it('is the names of its tables', () => {
    const given = { DEVICES_TABLE: 'one', LIMITS_TABLE: 'two', TRAFFIC_TABLE: 'three' }

    expect(Object.values(tableNames(given))).toEqual(['one', 'two', 'three'])
    expect(Object.values(tableNames({}))).toEqual(['devices', 'limits', 'traffic'])
  })

  it('is a bucket where there is one', () => {
    const KEPT_RECORDS_URL = 'https://kept.example'

    expect(keptRecordsUrl({ KEPT_RECORDS_URL })).toBe(KEPT_RECORDS_URL)
    expect([keptRecordsUrl({}), keptRecordsUrl({ KEPT_RECORDS_URL: '' })]).toEqual([null, null])
  })

  it('is who it is to AWS, with a session in Lambda', () => {
    const keys = { AWS_REGION: 'eu-central-1', AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' }
    const credentials = { accessKeyId: 'a', secretAccessKey: 'b' }

    expect(awsCaller(keys)).toEqual({ region: 'eu-central-1', credentials })
    expect(awsCaller({ ...keys, AWS_SESSION_TOKEN: 'c' })).toEqual({
      region: 'eu-central-1',
      credentials: { ...credentials, sessionToken: 'c' },
    })
    expect(awsCaller({})).toEqual({
      region: '',
      credentials: { accessKeyId: '', secretAccessKey: '' },
    })
  })
})

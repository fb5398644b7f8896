// What a session and a client say of a sign-in, and what they are shown of it.
import { describe, expect, it } from 'vitest'
import { poolUser, readRound, requestedDelivery, writeRound } from '../../../lib/cognito/session.ts'
import { anonymousView, stateView } from '../../../lib/cognito/view.ts'
import { deviceSettings } from '../../../lib/settings/device.ts'
import { deviceOf, noon } from '../../support/device.ts'

describe('a round', () => {
  it.each([
    [{ isResend: false, challengeId: 'Vh1kq3ZcW0' }, 'challenge Vh1kq3ZcW0'],
    [{ isResend: true, challengeId: '' }, 'resend '],
  ])('%j is kept as %j', (round, kept) => {
    expect(writeRound(round)).toBe(kept)
    const challenged = { challengeName: 'CUSTOM_CHALLENGE', challengeResult: false }
    expect(readRound({ ...challenged, challengeMetadata: kept })).toEqual(round)
  })

  it.each([undefined, '', 'challenge'])('of which %j is kept is a first one', kept => {
    const challenged = { challengeName: 'CUSTOM_CHALLENGE', challengeResult: false }

    expect(readRound({ ...challenged, challengeMetadata: kept })).toEqual({
      isResend: false,
      challengeId: '',
    })
  })
})

describe('the language of a message', () => {
  const longest = `de-${'x'.repeat(32)}`

  it.each([
    ['of the client', { locale: 'fr' }, { locale: 'de' }, 'fr'],
    ['else of the user', { locale: '' }, { locale: 'de' }, 'de'],
    ['else none', {}, {}, null],
    ['of 35 characters', { locale: longest }, {}, longest],
    ['of more is none', { locale: `${longest}x` }, {}, null],
  ])('%s', (_, metadata, attributes, locale) => {
    expect(requestedDelivery(metadata, attributes, ['sms']).locale).toBe(locale)
  })
})

describe('who signs in', () => {
  const attributes = { sub: 'a', phone_number: '+15555550100', phone_number_verified: 'True' }
  const { sub: _, ...withoutSub } = attributes
  const { phone_number: _number, ...withoutNumber } = attributes
  const { phone_number_verified: _verified, ...unverified } = attributes

  it('is a user with a verified number', () => {
    expect(poolUser({ userAttributes: attributes })).toEqual({
      userId: 'a',
      number: '+15555550100',
    })
  })

  it.each([
    ['a name that is not found', { userAttributes: attributes, userNotFound: true }],
    ['no id', { userAttributes: withoutSub }],
    ['no number', { userAttributes: withoutNumber }],
    ['no word on the number', { userAttributes: unverified }],
    ['no attributes', {}],
  ])('is nobody with %s', (_, request) => {
    expect(poolUser(request as Parameters<typeof poolUser>[0])).toBeNull()
  })
})

describe('what is shown to whoever has typed a name', () => {
  const { token } = deviceSettings({})
  const digitsOf = (userPoolId: string, userName: string) =>
    anonymousView(new Uint8Array(32), { userPoolId, userName }, { token }).number!.slice(-2)

  it('has digits by pool and name', () => {
    const names = Array.from({ length: 50 }, (_, n) => `user ${n}`)
    const inPool = (pool: string) => names.map(name => digitsOf(pool, name)).join()

    expect(new Set(names.map(name => digitsOf('pool', name))).size).toBeGreaterThan(10)
    expect(inPool('pool')).toBe(inPool('pool'))
    expect(inPool('pool')).not.toBe(inPool('another'))
  })
})

describe('what is shown after the password', () => {
  const settings = deviceSettings({
    OTP_TWILIO_COOLDOWN: '30',
    OTP_TWILIO_THROTTLE_FACTOR: '60',
  })
  const show = (device: ReturnType<typeof deviceOf> | null) =>
    stateView({ state: 'pending', device }, settings, { attemptsLeft: 2, now: noon })
  const always = { state: 'pending', tokenLength: '6', attemptsLeft: '2' }

  it('has every moment of a device', () => {
    const challenge = { keyName: '', requestName: 'r', validUntil: noon + 1000 }
    const device = deviceOf({ challenge, challengedAt: noon, failures: 1, failedAt: noon })

    expect(show(device)).toEqual({
      ...always,
      number: '+1••••••••00',
      validUntil: '2026-01-01T12:00:01.000Z',
      nextChallengeAt: '2026-01-01T12:00:30.000Z',
      lockedUntil: '2026-01-01T12:01:00.000Z',
    })
  })

  it.each([undefined, 0])('is empty where there is none: %s', validUntil => {
    const challenge = { keyName: '', requestName: '', ...(validUntil === 0 && { validUntil }) }
    const device = deviceOf({ challenge })

    expect(show(device)).toMatchObject({ validUntil: '', nextChallengeAt: '', lockedUntil: '' })
  })

  it('is no more than the state where there is no device', () => {
    expect(show(null)).toEqual(always)
  })
})

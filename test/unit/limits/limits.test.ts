// The settings of the limits on sends, and what is counted of a client address.
import { describe, expect, it } from 'vitest'
import { clientNetwork } from '../../../lib/limits/network.ts'
import { countersOf } from '../../../lib/limits/subject.ts'
import { windowEnd } from '../../../lib/limits/window.ts'
import { limitNames, limitSettings } from '../../../lib/settings/limits.ts'
import { noon } from '../../support/device.ts'
import { limitsOn } from '../../support/limits.ts'

const notConfigured = (name: string) =>
  expect.objectContaining({
    code: 'not_configured',
    message: expect.stringMatching(new RegExp(`^${name} must be \\w.*\\.$`)),
  })

describe('the limits', () => {
  it('are none by default, as in django-otp-twilio', () => {
    expect(limitSettings({})).toEqual({ mode: 'off', limits: [], establishedShare: 0 })
  })

  it.each(limitNames)('have as many windows for a %s as are listed', limit => {
    const name = `OTP_TWILIO_LIMIT_${limit.toUpperCase()}`

    expect(limitSettings({ [name]: '5/600, 20/86400' })).toEqual({
      mode: 'on',
      limits: [
        { limit, most: 5, seconds: 600 },
        { limit, most: 20, seconds: 86_400 },
      ],
      establishedShare: 0,
    })
  })

  it.each(limitNames)('are none for a %s where its setting is off', limit => {
    const name = `OTP_TWILIO_LIMIT_${limit.toUpperCase()}`

    expect(limitSettings({ [name]: 'off' }).limits).toEqual([])
  })

  it.each([
    ['record', 'record', 1],
    ['on', 'on', 1],
    ['off', 'off', 0],
  ])('are in force as OTP_TWILIO_LIMITS has it: %s', (value, mode, count) => {
    const env = { OTP_TWILIO_LIMITS: value, OTP_TWILIO_LIMIT_USER: '1/1' }

    const settings = limitSettings(env)

    expect([settings.mode, settings.limits.length]).toEqual([mode, count])
  })

  it.each(['ON', 'true', '0'])('are not switched by %s', value => {
    expect(() => limitSettings({ OTP_TWILIO_LIMITS: value })).toThrow(
      notConfigured('OTP_TWILIO_LIMITS'),
    )
  })

  it.each(['1/1', ' 1/1 , 2/2 ', '1000000000/2678400', '1/1,1/2,1/3,1/4'])('may be %s', value => {
    expect(limitSettings({ OTP_TWILIO_LIMIT_USER: value }).mode).toBe('on')
  })

  it.each([
    '0/600',
    '5/0',
    '1000000001/1',
    '1/2678401',
    '5',
    '5/600/1',
    'x5/600',
    '5/600x',
    '-5/600',
    '5.5/600',
    '5/600,',
    '5/600,6/600',
    '1/1,1/2,1/3,1/4,1/5',
    'off,5/600',
    'none',
  ])('may not be %s', value => {
    expect(() => limitSettings({ OTP_TWILIO_LIMIT_USER: value })).toThrow(
      notConfigured('OTP_TWILIO_LIMIT_USER'),
    )
  })

  it('are checked even where they are switched off', () => {
    const env = { OTP_TWILIO_LIMITS: 'off', OTP_TWILIO_LIMIT_USER: 'x' }

    expect(() => limitSettings(env)).toThrow(notConfigured('OTP_TWILIO_LIMIT_USER'))
  })

  it('are refused without a word of their value', () => {
    expect(() => limitSettings({ OTP_TWILIO_LIMIT_USER: 'canary' })).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('canary') }),
    )
  })
})

describe('the network of a client address', () => {
  it.each([
    ['203.0.113.7', '203.0.113.7'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['2001:DB8:0:0:ffff::', '2001:db8:0:0::/64'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:0db8:0001:0002::', '2001:db8:1:2::/64'],
    ['::1', '0:0:0:0::/64'],
    ['::', '0:0:0:0::/64'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['::ffff:cb00:7107', '203.0.113.7'],
    ['::ffff:198.51.100.7', '198.51.100.7'],
    ['0:0:0:0:0:ffff:203.0.113.8', '203.0.113.8'],
    ['0000:0000:0000:0000:0000:FFFF:CB00:7108', '203.0.113.8'],
    ['::ffff:0:203.0.113.7', '203.0.113.7'],
    ['64:ff9b::203.0.113.7', '203.0.113.7'],
    ['64:ff9b::cb00:7107', '203.0.113.7'],
    ['64:ff9b:0:1::cb00:7107', '64:ff9b:0:1::/64'],
    ['64:ff9b:1::203.0.113.7', '203.0.113.7'],
    ['64:ff9b:1:fffe::203.0.113.7', '203.0.113.7'],
    ['64:ff9b:1:cb00:0071:0700::', '64:ff9b:1:cb00::/64'],
    ['2002:cb00:7107::1', '203.0.113.7'],
    ['2002:cb00:7107:ffff::1', '203.0.113.7'],
    ['2001:0:4136:e378:8000:63bf:34ff:8ef8', '203.0.113.7'],
    ['2001:1::34ff:8ef8', '2001:1:0:0::/64'],
    ['1:2:3:4:5:6:203.0.113.7', '1:2:3:4::/64'],
    ['1::5:6:7:8', '1:0:0:0::/64'],
    ['1:2:3::5:6:7:8', '1:2:3:0::/64'],
    ['::3:4:5:6:7:8', '0:0:3:4::/64'],
    ['1::4:5:6:7:8', '1:0:0:4::/64'],
    ['::203.0.113.7', '0:0:0:0::/64'],
    ['::ffff:1:2:3', '0:0:0:0::/64'],
  ])('of %s is %s', (address, network) => {
    expect(clientNetwork(address)).toBe(network)
  })
})

describe('a counter', () => {
  const key = Buffer.alloc(32, 7)
  const limits = [{ limit: 'number' as const, most: 5, seconds: 600 }]
  const of = (number: string, now = noon, indexKey = key) =>
    countersOf(
      { indexKey, limits: limitsOn(limits) },
      { number },
      { requestName: 'one', now, isEstablished: false },
    )[0]!

  it('is the same within its window', () => {
    expect(of('+1', noon + 599_999)).toEqual({ ...of('+1', noon), now: noon + 599_999 })
  })

  it('is another one in the next window', () => {
    expect(of('+1', noon + 600_000).key).not.toBe(of('+1', noon).key)
  })

  // Another key would make every counter start again at an update.
  it('has the same key in every version', () => {
    expect(of('+1').key).toBe('number:DZDnKeMQ8Q0dw1KpkqetPQ:600:1767269400000:0')
  })

  it('ends with its window', () => {
    expect(of('+1', noon + 1).windows[0]!.endsAt).toBe(noon + 600_000)
  })

  it('has windows that start at a multiple of their length', () => {
    expect([windowEnd(600, noon), windowEnd(600, noon + 599_999)]).toEqual([
      noon + 600_000,
      noon + 600_000,
    ])
  })

  it('is bound to its subject, limit and index key', () => {
    const send = { requestName: 'one', now: noon, isEstablished: false }
    const user = countersOf(
      { indexKey: key, limits: limitsOn([{ ...limits[0]!, limit: 'user' }]) },
      { user: '+1' },
      send,
    )[0]!
    const keys = [of('+1'), of('+2'), of('+1', noon, Buffer.alloc(32, 8)), user].map(one => one.key)

    expect(new Set(keys.map(one => one.split(':')[1])).size).toBe(4)
  })

  it('is none for a subject that the request does not name', () => {
    const send = { requestName: 'one', now: noon, isEstablished: false }

    expect(
      countersOf({ indexKey: key, limits: limitsOn(limits) }, { user: 'alice' }, send),
    ).toEqual([])
  })

  it('has no number in its key', () => {
    expect(of('+442071838750').key).not.toContain('442071838750')
  })
})

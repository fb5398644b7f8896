// What a device's timeline keeps of an event.
import { describe, expect, it } from 'vitest'
import { toDeliveryRecord } from '../../../lib/device/delivery-record.ts'
import type { DeviceItem } from '../../../lib/device/device.ts'
import { throttleSettings } from '../../../lib/settings/throttle.ts'
import type { DeviceEvent } from '../../../lib/stream/device-event.ts'
import type { DeviceChange } from '../../../lib/stream/records.ts'
import {
  deliveryRow,
  endRow,
  eraseMark,
  erasureRow,
  refusalRow,
  rowsOfChange,
  timelineRow,
} from '../../../lib/timeline/row.ts'
import { timelineView } from '../../../lib/timeline/view.ts'
import { deviceOf, noon } from '../../support/device.ts'

const throttle = throttleSettings({ OTP_TWILIO_MAX_FAILURES: '9' })
const { userId, deviceId } = deviceOf()
const days = 90
/** When a row of noon expires, seconds since the epoch. */
const expiresAt = noon / 1000 + 90 * 86_400
const told = { actor: 'suite', now: noon, days }

function change(events: DeviceEvent[], given: Partial<DeviceChange> = {}): DeviceChange {
  return {
    ...{ sequenceNumber: '700', at: noon, device: deviceOf(), isDeleted: false, before: null },
    ...{ events, ...given },
  }
}

const created: DeviceEvent = { type: 'device_created' }
const failed: DeviceEvent = { type: 'failed', failures: 1, lockedUntil: noon }
const rowsOf = (one: DeviceChange) => rowsOfChange(one, throttle, days)

describe('a row', () => {
  it('is named by its time and its event, and expires after so many days', () => {
    const event = { type: 'created', at: 5, name: 'one' } as const

    expect(timelineRow({ userId, deviceId }, event, 1)).toEqual({
      ...{ subject: 'events:alice', entry: '0000000000005 one', deviceId },
      ...{ type: 'created', at: 5, expiresAt: 86_401 },
    })
  })

  it('of the stream is named by the write and its place in that', () => {
    const events: DeviceEvent[] = [created, { type: 'device_confirmed' }]

    expect(rowsOf(change(events)).map(({ type, entry }) => [type, entry])).toEqual([
      ['created', `${noon} ${'0'.repeat(37)}700 0`],
      ['confirmed', `${noon} ${'0'.repeat(37)}700 1`],
    ])
  })

  it('names the actor, if there is one', () => {
    const [of] = rowsOf(change([created], { device: deviceOf({ actor: 'suite' }) }))
    const [nobodys] = rowsOf(change([created]))

    expect(of).toMatchObject({ actor: 'suite' })
    expect(nobodys).not.toHaveProperty('actor')
  })
})

describe('the moment of a write', () => {
  const momentOf = (given: Partial<DeviceChange>) => rowsOf(change([created], given))[0]?.at

  it.each(['challengedAt', 'failedAt', 'usedNow', 'createdAt'] as const)(
    'is that of the item within its second: %s',
    member => {
      const device = deviceOf({ [member]: noon + 999 })

      expect(momentOf({ device })).toBe(noon + 999)
      expect(momentOf({ before: device })).toBe(noon + 999)
    },
  )

  it('is its second where all of the item is earlier, or later', () => {
    const earlier = deviceOf({ createdAt: noon - 1 })

    expect(momentOf({ device: earlier })).toBe(noon)
    expect(momentOf({ device: { ...earlier, challengedAt: noon + 1000 } })).toBe(noon)
  })
})

describe('a challenge', () => {
  const started = (resent: boolean): DeviceEvent => ({
    ...{ type: 'challenge_started', challengeId: 'c', at: noon + 7, resent },
  })
  function challenged(resent: boolean, record: object = {}) {
    const { challenge } = deviceOf()
    const device = deviceOf({ challenge: { ...challenge, ...record } })
    return timelineView(rowsOf(change([started(resent)], { device }))[0]!)
  }

  it('has its channel where Twilio is asked to report', () => {
    const delivery = toDeliveryRecord({ status: 'queued', reason: null, channel: 'call' }, noon)

    expect(challenged(true, delivery)).toMatchObject({ resent: true, channel: 'call' })
  })

  it('has else neither, nor a lock', () => {
    expect(challenged(false)).toEqual({
      id: expect.any(String),
      ...{ deviceId, type: 'challenged', challengeId: 'c', actor: null },
      at: '2026-01-01T12:00:00.007Z',
    })
  })

  it('that was not sent is told by the functions', () => {
    const events: DeviceEvent[] = [
      { type: 'challenge_not_sent', challengeId: 'c', at: noon, test: false },
      { type: 'delivery_updated', challengeId: 'c', status: 'failed', reason: null },
    ]

    expect(rowsOf(change(events))).toEqual([])
  })
})

it.each([
  [noon - 60_000, noon - 60_000],
  [0, noon],
])('a verification is when the device was used: %i', (usedNow, at) => {
  const event: DeviceEvent = { type: 'verified', challengeId: 'c', at: noon }

  expect(rowsOf(change([event], { device: deviceOf({ usedNow }) }))).toMatchObject([
    { type: 'verified', at, challengeId: 'c' },
  ])
})

describe('a failure', () => {
  const typesOf = (given: Partial<DeviceItem>, settings = throttle) =>
    rowsOfChange(
      change([failed], { device: deviceOf({ failedAt: noon, ...given }) }),
      settings,
      days,
    ).map(({ type, lockedUntil }) => [type, lockedUntil])
  /** At a factor of a second the sixth failure locks for 32 s, the seventh for 64 s. */
  const [short, long] = [noon + 32_000, noon + 64_000]

  it.each<[string, Partial<DeviceItem>, unknown[]]>([
    ['that locks for less than a minute', { failures: 6 }, [['failed', short]]],
    [
      'that locks for longer',
      { failures: 7 },
      [
        ['failed', long],
        ['locked', long],
      ],
    ],
    [
      'that disables',
      { failures: 9 },
      [
        ['failed', undefined],
        ['disabled', undefined],
      ],
    ],
  ])('%s is told as that', (_, given, types) => {
    expect(typesOf(given)).toEqual(types)
  })

  it('that locks for a minute is told as a lock', () => {
    expect(typesOf({ failures: 1 }, { ...throttle, factorMs: 60_000 })).toHaveLength(2)
  })

  it('that locks nothing has no lock', () => {
    expect(typesOf({ failures: 1 }, { ...throttle, factorMs: 0 })).toEqual([['failed', undefined]])
  })

  it('that uses a token up is told as that', () => {
    const entry = { nil: 0, yes: true, backoff: 0, validUntil: noon, counter: 0 } as const
    const given = { failures: 2, guessesEnd: 2, pending: { digest: entry } }
    const bounded = { ...throttle, tokenGuesses: 2 }

    expect(typesOf(given, bounded).map(([type]) => type)).toEqual(['failed', 'used_up'])
  })
})

describe('a refusal', () => {
  const refused = (refusal: { code: string; limit?: string }, now = noon + 59_999) =>
    refusalRow({ userId, deviceId }, refusal, { ...told, now })

  it('is one row for each device, reason and minute, shown when it was', () => {
    const row = refused({ code: 'limit_reached', limit: 'number' })

    expect(row).toEqual({
      subject: 'events:alice',
      entry: `${noon} refused ${deviceId} limit_reached number`,
      ...{ deviceId, type: 'challenge_refused', at: noon + 59_999, expiresAt },
      ...{ actor: 'suite', code: 'limit_reached', limit: 'number' },
    })
  })

  it('without a limit names none', () => {
    const row = refused({ code: 'cooldown' })

    expect(row.entry).toBe(`${noon} refused ${deviceId} cooldown`)
    expect(row).not.toHaveProperty('limit')
  })
})

describe('the end of a challenge', () => {
  it('that was not sent has Twilio’s code', () => {
    const outcome = { code: 'delivery_failed', twilioCode: 30_008 } as const

    expect(endRow(deviceOf(), 'c', outcome, told)).toEqual({
      ...{ subject: 'events:alice', entry: `${noon} ended c`, deviceId },
      ...{ type: 'challenge_failed', at: noon, expiresAt },
      ...{ challengeId: 'c', actor: 'suite', code: 'delivery_failed', twilioCode: 30_008 },
    })
  })

  it('has none where there is none', () => {
    const row = endRow(deviceOf(), 'c', { code: 'delivery_unknown' }, told)

    expect(row).not.toHaveProperty('twilioCode')
  })
})

describe('what became of a message', () => {
  const challenge = { challengeId: 'c', status: 'failed' } as const
  const known = { reason: 'landline', twilioCode: 30_006, messageSid: 'SM1' } as const
  const named = { subject: 'events:alice', entry: `${noon} failed c`, deviceId }
  const shown = { ...named, type: 'delivery', at: noon, expiresAt, ...challenge }

  it('has what is known of it', () => {
    expect(deliveryRow({ userId, deviceId }, { ...challenge, ...known }, told)).toEqual({
      ...{ ...shown, ...known },
    })
  })

  it('has nothing of what is not', () => {
    const unknown = { reason: null, twilioCode: null, messageSid: null }

    expect(deliveryRow({ userId, deviceId }, { ...challenge, ...unknown }, told)).toEqual(shown)
  })
})

describe('an erasure', () => {
  it('names nobody but who did it', () => {
    expect(erasureRow(told)).toEqual({
      ...{ subject: 'erasures', type: 'erased', at: noon, actor: 'suite', expiresAt },
      entry: expect.stringMatching(new RegExp(`^${noon} [\\w-]{10}$`)),
    })
  })

  it('is marked for two days, under a hash of the user', () => {
    expect(eraseMark('alice', noon)).toEqual({
      subject: expect.stringMatching(/^erased:[\w-]{22}$/),
      ...{ entry: 'user', at: noon, expiresAt: noon / 1000 + 2 * 86_400 },
    })
    expect(eraseMark('alice', noon).subject).not.toBe(eraseMark('bob', noon).subject)
  })
})

// What a write to a device meant, by the item before and after it, and what is told of it: pure rules.
import { describe, expect, it, vi } from 'vitest'
import { auditEvents } from '../../../lib/audit/events.ts'
import { type DeviceItem, newDevice } from '../../../lib/device/device.ts'
import { writeTrafficMetrics } from '../../../lib/figures/metrics.ts'
import { type DeviceEvent, deviceEventsOf } from '../../../lib/stream/device-event.ts'
import { type DeviceChange, readRecord } from '../../../lib/stream/records.ts'

const noon = Date.UTC(2026, 0, 1, 12)
const entry = { nil: 0, yes: true, backoff: 0, validUntil: noon + 300_000, counter: 7 } as const
const fresh = newDevice({
  userId: 'u',
  deviceId: 'd',
  name: 'n',
  number: '+15555550100',
  country: 'US',
  confirmed: false,
  factorMs: 1000,
  now: noon,
})
const challenged: DeviceItem = {
  ...fresh,
  pending: { a: entry },
  challengedAt: noon,
  unverified: 1,
  challenge: { keyName: '', requestName: 'r1', validUntil: entry.validUntil },
}
const { challenge, attempts } = challenged

type Change = [rule: string, before: object, after: object, expected: object[]]
const notSent = { type: 'challenge_not_sent', challengeId: 'r1', at: noon }
const begun = { type: 'challenge_started', challengeId: 'r2', at: noon + 1 }
const again = { challengedAt: noon + 1, challenge: { ...challenge, requestName: 'r2' } }

const changes: Change[] = [
  ['another name is nothing', {}, { name: 'm' }, []],
  [
    'another number is told as that alone',
    {},
    { number: '+15555550101', pending: {}, unverified: 0 },
    [{ type: 'number_changed' }],
  ],
  [
    'a new token is a challenge',
    {},
    { ...again, pending: { b: entry } },
    [{ ...begun, resent: false }],
  ],
  ['the same token is a resend', {}, again, [{ ...begun, resent: true }]],
  [
    'a challenge without a token is none that was sent again',
    { pending: {} },
    { ...again, pending: {} },
    [{ ...begun, resent: false }],
  ],
  [
    'a challenge is known by its id, where it has one',
    {},
    { ...again, challenge: { ...again.challenge, id: 'i' } },
    [{ ...begun, challengeId: 'i', resent: true }],
  ],
  [
    'an attempt that is right is a verification of the challenge before it',
    {},
    { attempts: { ...attempts, id1: 'x', ok1: true }, pending: {}, unverified: 0 },
    [{ type: 'verified', challengeId: 'r1', at: noon }],
  ],
  [
    'an attempt that is wrong is a failure',
    {},
    { attempts: { ...attempts, id1: 'x' }, failures: 2, lockedUntil: noon + 2 },
    [{ type: 'failed', failures: 2, lockedUntil: noon + 2 }],
  ],
  [
    'a token that is taken back was not sent',
    {},
    { pending: {}, unverified: 0 },
    [{ ...notSent, test: false }],
  ],
  [
    'a fixed token in the place of the drawn one was not sent',
    {},
    { pending: { b: entry }, unverified: 0, challenge: { ...challenge, test: true } },
    [{ ...notSent, test: true }],
  ],
  ['a token that ends by itself is nothing', {}, { pending: {} }, []],
  [
    'two challenges fewer are none that was not sent',
    { unverified: 2 },
    { unverified: 0, pending: {} },
    [],
  ],
  [
    'a word on a message is told',
    { challenge: { ...challenge, progress: 1, reason: 0, reportedAt: noon } },
    { challenge: { ...challenge, progress: 5, reason: 0, reportedAt: noon } },
    [{ type: 'delivery_updated', challengeId: 'r1', status: 'delivered', reason: null }],
  ],
  [
    'the same word is not told again',
    { challenge: { ...challenge, progress: 5, reason: 0, reportedAt: noon } },
    { challenge: { ...challenge, progress: 5, reason: 0, reportedAt: noon + 1 } },
    [],
  ],
  [
    'a word that is taken away is none',
    { challenge: { ...challenge, progress: 5, reason: 0, reportedAt: noon } },
    { challenge },
    [],
  ],
  [
    'a word under another id is none of this challenge',
    { challenge: { ...challenge, progress: 1, reason: 0, reportedAt: noon } },
    { challenge: { ...challenge, id: 'i', progress: 5, reason: 0, reportedAt: noon } },
    [],
  ],
  ['failures that are forgotten are a reset', { failures: 1 }, {}, [{ type: 'device_reset' }]],
  [
    'a cooldown that is forgotten is a reset',
    { unverified: 3 },
    { unverified: 0 },
    [{ type: 'device_reset' }],
  ],
  [
    'both that are forgotten are one reset',
    { failures: 1, unverified: 1 },
    { unverified: 0 },
    [{ type: 'device_reset' }],
  ],
  ['fewer failures are none', { failures: 2 }, { failures: 1 }, []],
  ['what was not there cannot be reset', { unverified: 0 }, { unverified: 0, name: 'm' }, []],
  ['failures that go with a token are no reset', { failures: 1 }, { pending: {} }, []],
  [
    'failures that go with a word on a message are no reset',
    { failures: 1 },
    { challenge: { ...challenge, progress: 5, reason: 0, reportedAt: noon } },
    [{ type: 'delivery_updated', challengeId: 'r1', status: 'delivered', reason: null }],
  ],
]

describe('a write', () => {
  it.each(changes)('of which %s', (_, before, after, expected) => {
    const [was, is] = [before, after].map(given => ({ ...challenged, ...given }))

    expect(deviceEventsOf(was, is)).toEqual(expected)
  })

  it('that makes or ends a device is told as that', () => {
    expect(deviceEventsOf(undefined, fresh)).toEqual([{ type: 'device_created' }])
    expect(deviceEventsOf(challenged, undefined)).toEqual([{ type: 'device_deleted' }])
    expect(deviceEventsOf(undefined, undefined)).toEqual([])
  })
})

describe('a record', () => {
  const image = { userId: { S: 'u' }, number: { S: '+1' }, backoff: { N: '1152921504606846977' } }

  it('is the device after the write, and when and in which order it was', () => {
    const record = {
      dynamodb: {
        NewImage: image,
        SequenceNumber: '7',
        ApproximateCreationDateTime: 1_767_268_800,
      },
    }

    expect(readRecord(record)).toEqual({
      sequenceNumber: '7',
      at: noon,
      device: { userId: 'u', number: '+1', backoff: 2 ** 60 },
      events: [{ type: 'device_created' }],
    })
  })

  it('of a deletion is the device before it', () => {
    expect(readRecord({ dynamodb: { OldImage: image } })).toMatchObject({
      sequenceNumber: '',
      at: 0,
      device: { userId: 'u' },
      events: [{ type: 'device_deleted' }],
    })
  })

  it.each([{}, { dynamodb: {} }])('of no device is none: %j', record => {
    expect(readRecord(record)).toBeNull()
  })
})

describe('an event', () => {
  const throttle = { factorMs: 1000, maxFailures: 10, longestLockMs: null }
  const tell = (events: object[], device: Partial<DeviceItem> = {}) => {
    const change = {
      sequenceNumber: '7',
      at: noon,
      device: { ...challenged, ...device },
      events,
    }
    const context = { eventId: 'e', stage: 's', throttle }
    return auditEvents(change as DeviceChange, context)
  }
  const common = {
    stage: 's',
    userId: 'u',
    deviceId: 'd',
    at: '2026-01-01T12:00:00.000Z',
    sequenceNumber: '7',
    country: 'US',
  }

  it.each<[DeviceEvent, string, object]>([
    [{ type: 'device_created' }, 'Device Created', {}],
    [{ type: 'device_deleted' }, 'Device Deleted', {}],
    [{ type: 'device_reset' }, 'Device Reset', {}],
    [{ type: 'number_changed' }, 'Number Changed', {}],
    [
      { type: 'challenge_started', challengeId: 'c', at: 1, resent: true },
      'Challenge Started',
      { challengeId: 'c', resent: true },
    ],
    [
      { type: 'challenge_not_sent', challengeId: 'c', at: 1, test: true },
      'Challenge Not Sent',
      { challengeId: 'c' },
    ],
    [
      { type: 'delivery_updated', challengeId: 'c', status: 'undelivered', reason: 'landline' },
      'Delivery Updated',
      { challengeId: 'c', status: 'undelivered', reason: 'landline' },
    ],
    [{ type: 'verified', challengeId: 'c', at: 1 }, 'Token Verified', { challengeId: 'c' }],
  ])('says what happened, and nothing else: %j', (event, type, more) => {
    expect(tell([event])).toStrictEqual([{ type, detail: { id: 'e-0', ...common, ...more } }])
  })

  it('is numbered within its write, and says so of a test number and of no country', () => {
    const told = tell([{ type: 'device_reset' }, { type: 'device_deleted' }], {
      country: '',
      challenge: { ...challenge, test: true },
    })

    expect(told.map(({ detail }) => detail)).toEqual([
      { ...common, id: 'e-0', country: null, test: true },
      { ...common, id: 'e-1', country: null, test: true },
    ])
  })

  const failed = { type: 'failed', failures: 0, lockedUntil: 0 }
  it.each([
    [6, '2026-01-01T12:00:32.000Z', ['Verification Failed']],
    [7, '2026-01-01T12:01:04.000Z', ['Verification Failed', 'Device Locked']],
    [10, null, ['Verification Failed', 'Device Locked']],
  ])(
    'after %i failures says until when, and whether that is a lock',
    (failures, lockedUntil, types) => {
      const told = tell([failed], { failures, failedAt: noon })

      expect(told.map(({ type }) => type)).toEqual(types)
      for (const { detail } of told)
        expect(detail).toMatchObject({ failureCount: failures, lockedUntil })
    },
  )

  it.each([
    [60_000, 2],
    [59_999, 1],
  ])('a lock of %i ms is told as %i', (longestLockMs, count) => {
    const device = { ...challenged, failures: 9, failedAt: noon }
    const change = { sequenceNumber: '7', at: noon, device, events: [failed] } as DeviceChange
    const context = { eventId: 'e', stage: 's', throttle: { ...throttle, longestLockMs } }

    expect(auditEvents(change, context)).toHaveLength(count)
  })

  it('of a failure without a throttle has no lock', () => {
    const device = { ...challenged, failures: 9, failedAt: noon }
    const change = { sequenceNumber: '7', at: noon, device, events: [failed] } as DeviceChange
    const context = { eventId: 'e', stage: 's', throttle: { ...throttle, factorMs: 0 } }

    expect(auditEvents(change, context)).toMatchObject([{ detail: { lockedUntil: null } }])
  })
})

describe('a word on a message', () => {
  const counted = (status: string, device: object = {}) => {
    const lines: string[] = []
    const write = vi
      .spyOn(process.stdout, 'write')
      .mockImplementation(line => lines.push(String(line)) > 0)
    const events = [{ type: 'delivery_updated', challengeId: 'c', status, reason: null }]
    const change = {
      sequenceNumber: '7',
      at: noon,
      device: { ...challenged, ...device },
      events,
    }
    writeTrafficMetrics([change as DeviceChange], new Map())
    write.mockRestore()
    const [first = '{}'] = lines
    return JSON.parse(first)._aws?.CloudWatchMetrics[0].Metrics.map(
      ({ Name }: { Name: string }) => Name,
    )
  }

  it.each([
    ['delivered', ['delivered']],
    ['undelivered', ['undelivered']],
    ['failed', ['failedDelivery']],
    ['sent', undefined],
    ['queued', undefined],
  ])('%s is counted as %j', (status, names) => {
    expect(counted(status)).toEqual(names)
  })

  it('to a test number is not counted', () => {
    expect(counted('delivered', { challenge: { ...challenge, test: true } })).toBeUndefined()
  })
})

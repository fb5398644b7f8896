// What a write to a device meant, by the item before and after it, and the events and metrics that
// are made of it: pure rules.
import { describe, expect, it, vi } from 'vitest'
import { auditEvents } from '../../../lib/audit/events.ts'
import type { DeviceItem } from '../../../lib/device/device.ts'
import { writeTrafficMetrics } from '../../../lib/figures/metrics.ts'
import { type DeviceEvent, deviceEventsOf } from '../../../lib/stream/device-event.ts'
import { type DeviceChange, readRecord } from '../../../lib/stream/records.ts'
import { type TrafficChange, toTrafficChange } from '../../../lib/stream/traffic-change.ts'
import { deviceOf, noon } from '../../support/device.ts'

const entry = { nil: 0, yes: true, backoff: 0, validUntil: noon + 300_000, counter: 7 } as const
const fresh = deviceOf({ userId: 'u', deviceId: 'd', name: 'n', country: 'US' })
const challenged = deviceOf({
  ...fresh,
  pending: { a: entry },
  challengedAt: noon,
  unverified: 1,
  challenge: { keyName: '', requestName: 'r1', validUntil: entry.validUntil },
})
const { challenge, attempts } = challenged

type Change = [rule: string, before: object, after: object, expected: object[]]
const notSent = { type: 'challenge_not_sent', challengeId: 'r1', at: noon }
const started = { type: 'challenge_started', challengeId: 'r2', at: noon + 1 }
const again = { challengedAt: noon + 1, challenge: { ...challenge, requestName: 'r2' } }

const changes: Change[] = [
  ['another name is nothing', {}, { name: 'm' }, []],
  [
    'another number is an event of its own',
    {},
    { number: '+15555550101', pending: {}, unverified: 0 },
    [{ type: 'number_changed' }],
  ],
  [
    'a new token is a challenge',
    {},
    { ...again, pending: { b: entry } },
    [{ ...started, resent: false }],
  ],
  ['the same token is a resend', {}, again, [{ ...started, resent: true }]],
  [
    'a challenge without a token is none that was sent again',
    { pending: {} },
    { ...again, pending: {} },
    [{ ...started, resent: false }],
  ],
  [
    'a challenge is known by its id if it has one',
    {},
    { ...again, challenge: { ...again.challenge, id: 'i' } },
    [{ ...started, challengeId: 'i', resent: true }],
  ],
  [
    'a right attempt is a verification of the challenge before it',
    {},
    { attempts: { ...attempts, id1: 'x', ok1: true }, pending: {}, unverified: 0 },
    [{ type: 'verified', challengeId: 'r1', at: noon }],
  ],
  [
    'a wrong attempt is a failure',
    {},
    { attempts: { ...attempts, id1: 'x' }, failures: 2, lockedUntil: noon + 2 },
    [{ type: 'failed', failures: 2, lockedUntil: noon + 2 }],
  ],
  [
    'a token that is rolled back was not sent',
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
    'an update of a delivery is an event',
    { challenge: { ...challenge, progress: 1, reason: 0, reportedAt: noon } },
    { challenge: { ...challenge, progress: 5, reason: 0, reportedAt: noon } },
    [{ type: 'delivery_updated', challengeId: 'r1', status: 'delivered', reason: null }],
  ],
  [
    'the same update is no second event',
    { challenge: { ...challenge, progress: 5, reason: 0, reportedAt: noon } },
    { challenge: { ...challenge, progress: 5, reason: 0, reportedAt: noon + 1 } },
    [],
  ],
  [
    'an update that is removed is no event',
    { challenge: { ...challenge, progress: 5, reason: 0, reportedAt: noon } },
    { challenge },
    [],
  ],
  [
    'an update under another id is none of this challenge',
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
    'failures that go with an update of a delivery are no reset',
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

  it('that makes a device is its creation', () => {
    expect(deviceEventsOf(undefined, fresh)).toEqual([{ type: 'device_created' }])
  })

  it('that removes a device is its deletion', () => {
    expect(deviceEventsOf(challenged, undefined)).toEqual([{ type: 'device_deleted' }])
  })

  it('of no device is nothing', () => {
    expect(deviceEventsOf(undefined, undefined)).toEqual([])
  })
})

describe('a record', () => {
  const image = {
    ...{ userId: { S: 'u' }, deviceId: { S: 'd' }, number: { S: '+1' } },
    backoff: { N: '1152921504606846977' },
  }

  it('is the device after the write with its place and time', () => {
    const record = {
      dynamodb: {
        NewImage: image,
        SequenceNumber: '7',
        ApproximateCreationDateTime: 1_767_268_800,
      },
    }

    expect(readRecord(record)).toMatchObject({
      sequenceNumber: '7',
      at: noon,
      device: { userId: 'u', number: '+1', backoff: 2 ** 60 },
      events: [{ type: 'device_created' }],
    })
  })

  it('of an item that lacks attributes is read as one that has those of a new device', () => {
    const challenge = { M: { requestName: { S: 'r1' } } }
    const record = { dynamodb: { OldImage: image, NewImage: { ...image, challenge } } }

    expect(readRecord(record)).toMatchObject({
      device: { unverified: 0, attempts: { id1: '-', ok4: false }, pending: {} },
      events: [{ type: 'challenge_started', challengeId: 'r1', at: 0, resent: false }],
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

  it.each([
    ['without a user', { userId: { S: '' } }],
    ['without an id', { deviceId: { NULL: true } }],
    ['without a number', { number: { N: '1' } }],
    ['of a country without a name', { country: { NULL: true } }],
    [
      'challenged at no time',
      { challengedAt: { S: 'x' }, challenge: { M: { requestName: { S: 'r1' } } } },
    ],
  ])('of an item %s cannot be read', (_, spoilt) => {
    const record = { dynamodb: { OldImage: image, NewImage: { ...image, ...spoilt } } }

    expect(() => readRecord(record)).toThrow('The item is not one of a device.')
  })

  it.each([{}, { dynamodb: {} }])('of no device is none: %j', record => {
    expect(readRecord(record)).toBeNull()
  })
})

describe('an event', () => {
  const throttle = { factorMs: 1000, maxFailures: 10, longestLockMs: null, tokenGuesses: null }
  const eventsFor = (events: object[], device: Partial<DeviceItem> = {}) => {
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
    actor: null,
  }

  it.each<[DeviceEvent, string, object]>([
    [{ type: 'device_created' }, 'Device Created', {}],
    [{ type: 'device_confirmed' }, 'Device Confirmed', {}],
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
  ])('says what happened and nothing else: %j', (event, type, more) => {
    expect(eventsFor([event])).toStrictEqual([{ type, detail: { id: 'e-0', ...common, ...more } }])
  })

  it('is numbered within its write', () => {
    const events = eventsFor([{ type: 'device_reset' }, { type: 'device_deleted' }])

    expect(events.map(({ detail }) => detail)).toEqual([
      { ...common, id: 'e-0' },
      { ...common, id: 'e-1' },
    ])
  })

  it('of a number of no country has the country null', () => {
    const [event] = eventsFor([{ type: 'device_reset' }], { country: '' })

    expect(event?.detail).toEqual({ ...common, id: 'e-0', country: null })
  })

  it('names the API key that did it', () => {
    const [event] = eventsFor([{ type: 'device_reset' }], { actor: 'support' })

    expect(event?.detail).toEqual({ ...common, id: 'e-0', actor: 'support' })
  })

  it('of a test number is marked', () => {
    const device = { challenge: { ...challenge, test: true as const } }

    const [event] = eventsFor([{ type: 'device_reset' }], device)

    expect(event?.detail).toEqual({ ...common, id: 'e-0', test: true })
  })

  const failed = { type: 'failed', failures: 0, lockedUntil: 0 }
  it.each([
    [6, '2026-01-01T12:00:32.000Z', ['Verification Failed']],
    [7, '2026-01-01T12:01:04.000Z', ['Verification Failed', 'Device Locked']],
    [10, null, ['Verification Failed', 'Device Locked']],
  ])('of %i failures says that they lock until %s', (failures, lockedUntil, types) => {
    const events = eventsFor([failed], { failures, failedAt: noon })

    expect(events.map(({ type }) => type)).toEqual(types)
    for (const { detail } of events)
      expect(detail).toMatchObject({ failureCount: failures, lockedUntil })
  })

  it.each([
    [60_000, 2],
    [59_999, 1],
  ])('of a lock of %i ms is one of %i', (longestLockMs, count) => {
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

describe('an update of a delivery', () => {
  const counted = (status: string, device: object = {}, established = false) => {
    const lines: string[] = []
    const write = vi
      .spyOn(process.stdout, 'write')
      .mockImplementation(line => lines.push(String(line)) > 0)
    const events = [{ type: 'delivery_updated', challengeId: 'c', status, reason: null }]
    const change = {
      sequenceNumber: '7',
      at: noon,
      device: { ...challenged, ...device },
      established,
      events,
    }
    writeTrafficMetrics([change as TrafficChange], new Map())
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

  it('to an established device is counted as any other', () => {
    expect(counted('delivered', {}, true)).toEqual(['delivered'])
  })

  it('to a test number is not counted', () => {
    expect(counted('delivered', { challenge: { ...challenge, test: true } })).toBeUndefined()
  })
})

describe('a challenge is an established device’s', () => {
  const settings = { establishedMs: 86_400_000 }
  const owner = deviceOf({ ...challenged, confirmed: true, usedNow: noon - 1 })
  const events = {
    started: { type: 'challenge_started', challengeId: 'r', at: noon, resent: false },
    notSent: { type: 'challenge_not_sent', challengeId: 'r', at: noon, test: false },
    verified: { type: 'verified', challengeId: 'r', at: noon },
    failed: { type: 'failed', failures: 1, lockedUntil: noon },
  } as const
  const isOwners = (before: DeviceItem | null, event: DeviceEvent) =>
    toTrafficChange(
      {
        ...{ sequenceNumber: '7', at: noon, isDeleted: false },
        device: owner,
        before,
        events: [event],
      },
      settings,
    ).established

  // A start does not count its challenge yet, its end does.
  it.each([
    ['started', 4, true],
    ['started', 5, false],
    ['notSent', 5, true],
    ['notSent', 6, false],
    ['verified', 5, true],
    ['verified', 6, false],
    ['failed', 1, false],
  ] as const)('where it is %s with %i unverified before: %s', (name, unverified, expected) => {
    expect(isOwners({ ...owner, unverified }, events[name])).toBe(expected)
  })

  it('by the moment at which it started', () => {
    const at = noon + 86_400_000

    expect(isOwners(owner, { ...events.verified, at: at - 2 })).toBe(true)
    expect(isOwners(owner, { ...events.verified, at })).toBe(false)
  })

  it('never where there was no device before', () => {
    expect(isOwners(null, events.started)).toBe(false)
  })
})

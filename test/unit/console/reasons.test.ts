// Why a phone gets no SMS: what holds the next message back, and what became of the last one.
import { describe, expect, it } from 'vitest'
import type { Device, Limits, Suspensions, TimelineEvent } from '../../../lib/console/api.ts'
import { type Known, reasonsOf } from '../../../lib/console/reasons.ts'

const now = Date.parse('2026-01-01T12:00:00.000Z')
const at = (seconds: number) => new Date(now + seconds * 1000).toISOString()

const device: Device = {
  id: 'd1',
  userId: 'alice',
  name: '',
  number: '+14155552671',
  country: 'US',
  confirmed: true,
  established: false,
  createdAt: at(-9999),
  lastUsedAt: null,
  throttle: { allowed: true, failureCount: 0, lockedUntil: null },
  cooldown: { allowed: true, nextChallengeAt: null },
  pending: null,
  delivery: null,
}
const on: Known['on'] = { channels: ['sms'], countries: null }
const nothing: Known = { on, limits: null, suspensions: null, events: null }

const whole = { channel: null, next: null }

let count = 0
function event(type: TimelineEvent['type'], rest: Partial<TimelineEvent> = {}): TimelineEvent {
  count += 1
  return { id: String(count), type, at: at(-60), deviceId: 'd1', actor: 'web', ...rest }
}

function limits(rest: Partial<Limits['limits'][number]>, mode: Limits['mode'] = 'on'): Limits {
  const one = { limit: 'number', most: 5, seconds: 600, sent: 5, strangers: null } as const
  return { mode, limits: [{ ...one, resetsAt: at(300), ...rest }], testNumber: null }
}

const one = { prefix: '+1415555', until: at(600), times: 1, sends: 20, verified: 0 }
function suspensions(rest: Partial<Suspensions> = {}): Suspensions {
  return {
    ...{ mode: 'on', rules: { prefix: null, country: null } },
    ...{ suspended: [one], allowed: [] },
    ...rest,
  }
}

const kinds = (shown: Device, known: Partial<Known> = {}) =>
  reasonsOf(shown, { ...nothing, ...known }, now).map(({ kind }) => kind)

describe('the next message', () => {
  it('is held back by nothing that is not known', () => {
    expect(kinds(device)).toEqual([])
  })

  it('is held back by a device that is disabled', () => {
    const throttle = { allowed: false, failureCount: 100, lockedUntil: null }

    expect(kinds({ ...device, throttle })).toEqual(['disabled'])
  })

  it('is held back by a cooldown until it ends', () => {
    const cooling = (nextChallengeAt: string) => ({
      ...device,
      cooldown: { allowed: false, nextChallengeAt },
    })

    expect(kinds(cooling(at(1)))).toEqual(['cooldown'])
    expect(kinds(cooling(at(0)))).toEqual([])
  })

  it.each([
    ['is full', {}, ['limit']],
    ['has room', { sent: 4 }, []],
    ['counts nobody here', { sent: null }, []],
    ['has been emptied by its time', { resetsAt: at(0) }, []],
    ['has its share for strangers full', { sent: 4, strangers: { most: 4, sent: 4 } }, ['limit']],
  ])('is held back by a limit where that %s', (_, rest, expected) => {
    expect(kinds(device, { limits: limits(rest) })).toEqual(expected)
  })

  it('is not held back by the strangers’ share where the device is established', () => {
    const known = { limits: limits({ sent: 4, strangers: { most: 4, sent: 4 } }) }

    expect(kinds({ ...device, established: true }, known)).toEqual([])
  })

  it.each(['record', 'off'] as const)('is not held back by what is only %s', mode => {
    expect(kinds(device, { limits: limits({}, mode), suspensions: suspensions({ mode }) })).toEqual(
      [],
    )
  })

  it('is held back by the suspension of its prefix or its country', () => {
    const country = { country: 'US', until: at(600), times: 1, sends: 300, verified: 1 }
    const [both] = [suspensions({ suspended: [...suspensions().suspended, country] })]

    expect(reasonsOf(device, { ...nothing, suspensions: both }, now)).toEqual([
      { kind: 'suspended', subject: { prefix: '+1415555' }, until: at(600) },
      { kind: 'suspended', subject: { country: 'US' }, until: at(600) },
    ])
  })

  it.each<[string, Device, Suspensions]>([
    ['that is over', device, suspensions({ suspended: [{ ...one, until: at(0) }] })],
    ['while the device is established', { ...device, established: true }, suspensions()],
    ['of a test number', { ...device, test: true }, suspensions()],
  ])('is not held back by a suspension %s', (_, shown, known) => {
    expect(kinds(shown, { suspensions: known })).toEqual([])
  })

  it.each<[string, Device['country'], string[] | null, string[]]>([
    ['is off', 'US', ['DE', 'GB'], ['country_off']],
    ['is on', 'US', ['DE', 'US'], []],
    ['is on as all are', 'US', null, []],
    ['is not known, and a list is kept', null, ['US'], ['country_off']],
    ['is not known, and all are on', null, null, []],
  ])('is held back or not, before any is refused, where its country %s', (...given) => {
    const [, country, countries, expected] = given

    expect(kinds({ ...device, country }, { on: { ...on, countries } })).toEqual(expected)
  })

  it('is no SMS where SMS are switched off', () => {
    const channels = ['call', 'whatsapp'] as const

    expect(reasonsOf(device, { ...nothing, on: { ...on, channels: [...channels] } }, now)).toEqual([
      { kind: 'sms_off', channels },
    ])
  })

  it.each([
    ['over', ['test_over']],
    ['in_use', []],
    [null, ['limit']],
  ] as const)('is held back by a test number before any is refused: %s', (testNumber, expected) => {
    expect(kinds(device, { limits: { ...limits({}), testNumber } })).toEqual(expected)
  })

  it('is held back by the limits of a number that is a test number no more', () => {
    expect(kinds({ ...device, test: true }, { limits: limits({}) })).toEqual(['limit'])
  })

  it('is not held back by a date that was moved since', () => {
    const over = event('challenge_failed', { code: 'test_number_expired' })
    const known = { limits: { ...limits({}), testNumber: 'in_use' as const }, events: [over] }

    expect(kinds(device, known)).toEqual([])
  })

  it('is held back by the date of a test number, as far as a key without admin knows', () => {
    const over = event('challenge_failed', { code: 'test_number_expired' })

    expect(kinds(device, { events: [over] })).toEqual(['test_over'])
    expect(kinds(device, { events: [event('challenged'), over] })).toEqual([])
  })

  it('has what holds it back told before what became of the last one', () => {
    const delivery = { status: 'failed', reason: null, at: at(-5), ...whole } as const
    const cooldown = { allowed: false, nextChallengeAt: at(1) }
    const throttle = { allowed: false, failureCount: 100, lockedUntil: null }
    const known = {
      ...{ on: { channels: [], countries: [] }, limits: limits({}), suspensions: suspensions() },
      events: [event('challenge_refused', { code: 'country_not_allowed' }), event('delivery')],
    }

    expect(kinds({ ...device, delivery, cooldown, throttle }, known)).toEqual([
      ...['disabled', 'country_off', 'sms_off', 'suspended', 'limit', 'cooldown'],
      'undelivered',
    ])
  })
})

describe('the last message', () => {
  const lost = { status: 'undelivered', reason: 'landline', at: at(-5), ...whole } as const

  it('that Twilio refused is told with its code', () => {
    const failed = event('challenge_failed', { code: 'undeliverable_number', twilioCode: 21211 })

    expect(reasonsOf(device, { ...nothing, events: [failed] }, now)).toEqual([
      { kind: 'failed', code: 'undeliverable_number', twilioCode: 21211, at: at(-60) },
    ])
  })

  it('that did not arrive is told with what Twilio says of it', () => {
    const told = event('delivery', { status: 'undelivered', at: at(-5), twilioCode: 30006 })
    const known = { ...nothing, events: [{ ...told, messageSid: 'SM1' }, event('challenged')] }

    expect(reasonsOf({ ...device, delivery: lost }, known, now)).toEqual([
      { kind: 'undelivered', delivery: { ...lost, twilioCode: 30006, messageSid: 'SM1' } },
    ])
  })

  it('that did not arrive is told though its events are not', () => {
    expect(kinds({ ...device, delivery: lost })).toEqual(['undelivered'])
  })

  it('that is on its way leaves the word of the one before', () => {
    const told = event('delivery', { status: 'undelivered', reason: 'landline', at: at(-50) })
    const onItsWay = { status: 'sent', reason: null, at: at(-1), ...whole } as const
    const arrived = { ...onItsWay, status: 'delivered' } as const

    expect(kinds({ ...device, delivery: onItsWay }, { events: [told] })).toEqual(['undelivered'])
    expect(kinds({ ...device, delivery: arrived }, { events: [told] })).toEqual([])
  })

  it('that was refused for a country that is on again is told as the past', () => {
    const refused = event('challenge_refused', { code: 'country_not_allowed' })

    expect(kinds(device, { events: [refused] })).toEqual(['refused'])
  })

  it('to another number explains nothing', () => {
    const told = [
      event('number_changed'),
      event('challenge_refused', { code: 'country_not_allowed' }),
      event('delivery', { status: 'undelivered', reason: 'landline' }),
    ]

    expect(kinds(device, { events: told })).toEqual([])
  })

  it('that arrived after all has not failed', () => {
    const failed = event('challenge_failed', { code: 'delivery_unknown' })
    const delivery = { status: 'delivered', reason: null, at: at(-5), ...whole } as const

    expect(kinds({ ...device, delivery }, { events: [failed] })).toEqual([])
  })

  it('that was refused is told where what refused it is over, or not seen', () => {
    const refused = event('challenge_refused', { code: 'limit_reached', limit: 'number' })

    expect(kinds(device, { events: [refused] })).toEqual(['refused'])
    expect(kinds(device, { events: [refused], limits: limits({}) })).toEqual(['limit'])
    expect(kinds(device, { events: [event('challenge_refused', { code: 'cooldown' })] })).toEqual(
      [],
    )
  })

  it('stands after what holds the next one back', () => {
    const cooldown = { allowed: false, nextChallengeAt: at(30) }

    expect(kinds({ ...device, cooldown, delivery: lost })).toEqual(['cooldown', 'undelivered'])
  })
})

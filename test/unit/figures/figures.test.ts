// What is counted of the traffic, and how it is shown.
import { describe, expect, it } from 'vitest'
import { addFiguresExpression, type FiguresItem } from '../../../lib/figures/expressions.ts'
import { lastHours } from '../../../lib/figures/hours.ts'
import { tallyChanges } from '../../../lib/figures/tally.ts'
import { figuresView } from '../../../lib/figures/view.ts'
import { messagePrices } from '../../../lib/settings/prices.ts'
import type { DeviceEvent } from '../../../lib/stream/device-event.ts'
import type { TrafficChange } from '../../../lib/stream/traffic-change.ts'
import { noon } from '../../support/device.ts'

const minute = 60_000

function change(
  events: DeviceEvent[],
  { at = noon, country = 'GB', test = false, established = false } = {},
) {
  const challenge = test ? { test } : {}
  return {
    sequenceNumber: '1',
    at,
    device: { country, challenge },
    established,
    events,
  } as TrafficChange
}

const challengeId = 'c'
const started = (at = noon): DeviceEvent => ({
  type: 'challenge_started',
  challengeId,
  at,
  resent: false,
})
const notSent = (at = noon, test = false): DeviceEvent => ({
  type: 'challenge_not_sent',
  challengeId,
  at,
  test,
})
const verified = (at = noon): DeviceEvent => ({ type: 'verified', challengeId, at })
const failed: DeviceEvent = { type: 'failed', failures: 1, lockedUntil: noon }
const updated = (status: 'sent' | 'delivered' | 'undelivered' | 'failed'): DeviceEvent => ({
  type: 'delivery_updated',
  challengeId,
  status,
  reason: null,
})

function counted(...changes: TrafficChange[]) {
  return Object.fromEntries(
    [...tallyChanges(changes)].map(([hour, tally]) => [hour, Object.fromEntries(tally)]),
  )
}

describe('what is counted', () => {
  it('is every kind of event, by the hour and country', () => {
    const changes = [
      change([started()]),
      change([verified()]),
      change([started()], { country: 'CH' }),
      change([failed], { country: 'CH' }),
      change([updated('delivered')]),
      change([updated('undelivered')], { country: 'CH' }),
      change([updated('failed')], { country: 'CH' }),
    ]

    expect(counted(...changes)).toEqual({
      '2026-01-01T12': {
        GB: { sent: 1, verified: 1, delivered: 1 },
        CH: { sent: 1, failed: 1, undelivered: 1, failedDelivery: 1 },
      },
    })
  })

  it('is what is sent and verified of an established device, too', () => {
    const ofOwner = { established: true }
    const all = [started(), verified(), failed, updated('delivered')]

    expect(counted(...all.map(event => change([event], ofOwner)))).toEqual({
      '2026-01-01T12': {
        GB: {
          ...{ sent: 1, verified: 1, failed: 1, delivered: 1 },
          ...{ sentEstablished: 1, verifiedEstablished: 1 },
        },
      },
    })
  })

  it('is no message to an established device that was not sent', () => {
    const ofOwner = { established: true }

    expect(counted(change([started()], ofOwner), change([notSent()], ofOwner))).toEqual({
      '2026-01-01T12': { GB: { notSent: 1 } },
    })
  })

  const later = { at: noon + 60 * minute }

  it('is a verification in the hour in which its challenge was started', () => {
    const sentAt = noon + 59 * minute

    expect(counted(change([started(sentAt)]), change([verified(sentAt)], later))).toEqual({
      '2026-01-01T12': { GB: { sent: 1, verified: 1 } },
    })
  })

  it('is a failure in the hour in which it happens', () => {
    expect(counted(change([started()]), change([failed], later))).toEqual({
      '2026-01-01T12': { GB: { sent: 1 } },
      '2026-01-01T13': { GB: { failed: 1 } },
    })
  })

  it('is a challenge that was not sent as that alone', () => {
    expect(counted(change([started()]), change([notSent(), updated('failed')]))).toEqual({
      '2026-01-01T12': { GB: { notSent: 1 } },
    })
  })

  it('is one message fewer where a challenge of an earlier batch was not sent', () => {
    expect(counted(change([notSent()]))).toEqual({
      '2026-01-01T12': { GB: { sent: -1, notSent: 1 } },
    })
  })

  it('is nothing of a test number', () => {
    const test = { test: true }

    expect(
      counted(
        change([started()]),
        change([notSent(noon, true), updated('delivered')], test),
        change([started()], test),
        change([notSent(noon, true)], test),
        change([failed], test),
        change([verified()], test),
        change([updated('delivered')], test),
      ),
    ).toEqual({})
  })

  it('is nothing of a message on its way', () => {
    expect(counted(change([updated('sent')]))).toEqual({})
  })

  it('is nothing of a device that is created', () => {
    expect(counted(change([{ type: 'device_created' }]))).toEqual({})
  })

  it.each(['', 'gb', 'GBR', '_1', 'sent'])('is ZZ where %j is no country', country => {
    expect(counted(change([started()], { country }))).toEqual({
      '2026-01-01T12': { ZZ: { sent: 1 } },
    })
  })
})

describe('the expression', () => {
  it('of as many countries as an hour names is no longer than DynamoDB takes', () => {
    const counts = {
      sent: 1,
      notSent: 1,
      verified: 1,
      failed: 1,
      delivered: 1,
      undelivered: 1,
      failedDelivery: 1,
    }
    const countries = Array.from({ length: 40 }, (_, n) => `${n < 26 ? 'A' : 'B'}${letter(n)}`)
    const tally = new Map([...countries, 'ZZ'].map(country => [country, counts]))

    const { UpdateExpression, ConditionExpression } = addFiguresExpression(tally, 1)

    expect(UpdateExpression.split(' :').length - 1).toBeLessThan(300)
    expect(Buffer.byteLength(UpdateExpression)).toBeLessThan(4096)
    expect(Buffer.byteLength(ConditionExpression ?? '')).toBeLessThan(4096)
  })
})

const letter = (n: number) => String.fromCharCode(65 + (n % 26))

describe('what is shown', () => {
  const prices = messagePrices({ OTP_TWILIO_PRICES: 'GB=0.04,*=0.1' })
  const hours = ['2026-01-01T11', '2026-01-01T12']
  const nothing = {
    sent: 0,
    notSent: 0,
    verified: 0,
    failed: 0,
    delivery: { delivered: 0, undelivered: 0, failed: 0 },
    conversion: null,
    estimatedSpend: 0,
  }
  const item = (counts: object, entry = '2026-01-01T12'): FiguresItem => ({
    entry,
    expiresAt: 0,
    ...counts,
  })

  const ofClass = { sent: 0, verified: 0, conversion: null }
  const noClass = { established: ofClass, others: ofClass }

  it('is an hour of zeros without a conversion where nothing happened', () => {
    const { hours: shown, totals } = figuresView(hours, [], prices)

    expect(shown).toEqual([
      { hour: '2026-01-01T11:00:00.000Z', ...nothing, ...noClass, countries: [] },
      { hour: '2026-01-01T12:00:00.000Z', ...nothing, ...noClass, countries: [] },
    ])
    expect(totals).toEqual({ ...nothing, ...noClass, countries: [] })
  })

  it('adds up to totals with the country of most messages first', () => {
    const items = [
      item({
        ...{ sent: 4, sent_GB: 1, sent_CH: 3, verified: 3, verified_CH: 3 },
        ...{ sentEstablished: 2, verifiedEstablished: 2 },
        ...{ delivered: 2, delivered_CH: 2, failedDelivery: 1, failedDelivery_GB: 1 },
        countries: new Set(['GB', 'CH']),
      }),
      item({ sent: 1, sent_ZZ: 1, notSent: 2, notSent_ZZ: 2 }, '2026-01-01T11'),
    ]

    const { totals } = figuresView(hours, items, prices)

    expect(totals).toEqual({
      ...nothing,
      sent: 5,
      notSent: 2,
      verified: 3,
      delivery: { delivered: 2, undelivered: 0, failed: 1 },
      conversion: 0.6,
      established: { sent: 2, verified: 2, conversion: 1 },
      others: { sent: 3, verified: 1, conversion: 0.3333 },
      estimatedSpend: 0.44,
      countries: [
        {
          ...nothing,
          ...{ country: 'CH', sent: 3, verified: 3, conversion: 1, estimatedSpend: 0.3 },
          delivery: { delivered: 2, undelivered: 0, failed: 0 },
        },
        {
          ...nothing,
          ...{ country: 'GB', sent: 1, conversion: 0, estimatedSpend: 0.04 },
          delivery: { delivered: 0, undelivered: 0, failed: 1 },
        },
        { ...nothing, country: 'ZZ', sent: 1, notSent: 2, conversion: 0, estimatedSpend: 0.1 },
      ],
    })
  })

  it('has countries of as many messages in the order of their names', () => {
    const named = { sent_GB: 1, sent_CH: 1, sent_FR: 1, countries: new Set(['GB', 'CH', 'FR']) }
    const counts = { sent: 3, ...named }

    const { countries } = figuresView(hours, [item(counts)], prices).totals

    expect(countries.map(({ country }) => country)).toEqual(['CH', 'FR', 'GB'])
  })

  it('is never less than nothing', () => {
    const late = item({ sent: -1, sent_GB: -1, countries: new Set(['GB']) })

    expect(figuresView(['2026-01-01T12'], [late], prices).hours[0]?.sent).toBe(0)
  })

  it('is never a conversion above one', () => {
    const early = item({
      ...{ sent: 1, sent_GB: 1, verified: 2, verified_GB: 2 },
      countries: new Set(['GB']),
    })

    expect(figuresView(['2026-01-01T12'], [early], prices).hours[0]?.conversion).toBe(1)
  })

  it('has no spend where no price is given', () => {
    const { totals } = figuresView(hours, [item({ sent: 1, sent_ZZ: 1 })], messagePrices({}))

    expect([totals.estimatedSpend, totals.countries[0]?.estimatedSpend]).toEqual([null, null])
  })

  it('is the last hours up to the running one', () => {
    expect(lastHours(3, noon + 59 * minute)).toEqual([
      '2026-01-01T10',
      '2026-01-01T11',
      '2026-01-01T12',
    ])
  })
})

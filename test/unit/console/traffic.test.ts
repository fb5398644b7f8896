// The pure rules of the console's traffic: what a column stands for, how high its scale is, how
// amounts read.
import { describe, expect, it } from 'vitest'
import {
  countryName,
  formatDollars,
  formatShare,
  formatWindow,
} from '../../../lib/console/amounts.ts'
import type { Figures } from '../../../lib/console/api.ts'
import { columnsOf, scaleTop } from '../../../lib/console/columns.ts'

type Hour = Figures['hours'][number]

const start = Date.UTC(2026, 0, 1)

function hours(count: number, each: Partial<Hour> = {}): Hour[] {
  return Array.from({ length: count }, (_, n) => ({
    hour: new Date(start + n * 3_600_000).toISOString(),
    ...{ sent: 2, notSent: 0, verified: 1, failed: 0, conversion: 0.5, estimatedSpend: 0.25 },
    delivery: { delivered: 0, undelivered: 0, failed: 0 },
    established: { sent: 1, verified: 1, conversion: 1 },
    others: { sent: 1, verified: 0, conversion: 0 },
    countries: [],
    ...each,
  }))
}

describe('a column', () => {
  it.each([
    [1, 1, 1],
    [24, 24, 1],
    [72, 24, 3],
    [168, 28, 6],
  ])('of %i hours is one of %i, of %i hours each', (count, columns, step) => {
    const found = columnsOf(hours(count))

    expect(found).toHaveLength(columns)
    expect(found.at(-1)).toEqual({
      from: new Date(start + (count - step) * 3_600_000).toISOString(),
      ...{ sent: 2 * step, verified: step, conversion: 0.5, spend: 0.25 * step },
    })
  })

  it('has no conversion where nothing was sent', () => {
    const [column] = columnsOf(hours(1, { sent: 0, verified: 0 }))

    expect(column).toMatchObject({ conversion: null })
  })

  it('has no spend where no price is given', () => {
    const [column] = columnsOf(hours(1, { estimatedSpend: null }))

    expect(column).toMatchObject({ spend: null })
  })

  it('is never more verified than sent', () => {
    expect(columnsOf(hours(1, { sent: 1, verified: 2 }))[0]?.conversion).toBe(1)
  })
})

describe('a scale', () => {
  it.each([
    [[], 1],
    [[0, 0], 1],
    [[1], 1],
    [[3, 1], 5],
    [[10], 10],
    [[89], 100],
    [[101], 200],
    [[0.03], 0.05],
    [[700.5], 1000],
  ])('for %j ends at %d', (values, top) => {
    expect(scaleTop(values)).toBeCloseTo(top)
  })
})

describe('an amount', () => {
  it.each([
    [0, '0%'],
    [0.004, '0.4%'],
    [0.125, '13%'],
    [0.996, '99.6%'],
    [1, '100%'],
  ])('of %d is a share of %s', (share, text) => {
    expect(formatShare(share, 'en')).toBe(text)
  })

  it.each([
    [0, '$0'],
    [0.1, '$0.10'],
    [12, '$12'],
    [99.994, '$99.99'],
    [1234.5, '$1,235'],
  ])('of %d dollars reads %s', (dollars, text) => {
    expect(formatDollars(dollars, 'en')).toBe(text)
  })

  it.each([
    [60, '1 minute'],
    [90, '90 seconds'],
    [600, '10 minutes'],
    [3600, '1 hour'],
    [86_400, '1 day'],
  ])('of %i seconds is a window of %s', (seconds, text) => {
    expect(formatWindow(seconds, 'en')).toBe(text)
  })

  it.each([
    ['CH', 'en', 'Switzerland'],
    ['CH', 'de', 'Schweiz'],
    ['QQ', 'en', 'QQ'],
  ])('of %s in %s is named %s', (code, language, name) => {
    expect(countryName(code, language)).toBe(name)
  })
})

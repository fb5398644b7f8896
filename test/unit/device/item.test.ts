// The stored shape, version 1: as small as one write unit, and as docs/item.md says.
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { ChallengeOutcome } from '../../../lib/device/device.ts'
import { largestDevice, sizeOfItem } from '../../support/largest-device.ts'

// Of all outcomes that leave their token pending, this one has the longest name; the others give it
// back.
const outcomeWithToken: ChallengeOutcome = { code: 'delivery_unknown' }

describe('the largest item', () => {
  it('is at most one write unit', () => {
    expect(sizeOfItem(largestDevice(outcomeWithToken))).toBeLessThanOrEqual(1024)
  })

  it('is at most one write unit after another number, which ends what the create asked for', () => {
    const { payload: _, ...rest } = largestDevice(outcomeWithToken)

    expect(sizeOfItem({ ...rest, numberAt: rest.createdAt })).toBeLessThanOrEqual(1024)
  })

  it.each<ChallengeOutcome>([
    { code: 'sent' },
    { code: 'delivery_busy', retryAfterSeconds: 999_999_999 },
    { code: 'delivery_failed', twilioCode: 9_007_199_254_740_991 },
    { code: 'undeliverable_number', twilioCode: 21_211 },
  ])('is at most one write unit after $code', outcome => {
    const item = largestDevice(outcome)
    const pending = outcome.code === 'sent' ? item.pending : {}

    expect(sizeOfItem({ ...item, pending })).toBeLessThanOrEqual(1024)
  })
})

it('docs/item.md names every attribute, with the bytes that it has at most', () => {
  const file = new URL('../../../docs/item.md', import.meta.url)
  const rows = readFileSync(file, 'utf8').matchAll(/^\| `(\w+)` \|.*\| (\d+) \|$/gm)

  const documented = [...rows].map(([, name, bytes]) => [name, Number(bytes)])

  const item = Object.entries(largestDevice(outcomeWithToken))
  expect(Object.fromEntries(documented)).toEqual(
    Object.fromEntries(item.map(([name, value]) => [name, sizeOfItem({ [name]: value })])),
  )
})

it('docs/item.md names the bytes of the largest item', () => {
  const file = new URL('../../../docs/item.md', import.meta.url)
  const [, total] = /\| all \|.*\| (\d+) \|$/m.exec(readFileSync(file, 'utf8')) ?? []

  expect(Number(total)).toBe(sizeOfItem(largestDevice(outcomeWithToken)))
})

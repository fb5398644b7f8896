// Shards of a shared limit: their parts, and a simulation in virtual time of a deployment whose
// processes charge them as lib/limits does.
import { describe, expect, it } from 'vitest'
import { drawOf } from '../../../lib/limits/mark.ts'
import { pickShard, shardCount, shardPart } from '../../../lib/limits/shard.ts'
import { figure } from '../../support/figures.ts'

const partsOf = (most: number) => Array.from({ length: 40 }, (_, n) => shardPart(most, n))
const sum = (parts: number[]) => parts.reduce((total, part) => total + part, 0)

describe('the shards of a limit', () => {
  it.each([
    [1, 1],
    [1000, 1],
    [1001, 2],
    [39_001, 40],
    [5_000_000, 40],
  ])('of %d are %d', (most, count) => {
    expect(shardCount(most)).toBe(count)
  })

  it.each([1, 999, 1000, 1001, 1999, 5000, 39_999, 40_000, 40_001, 100_000, 5_000_000])(
    'have parts that are together the limit: %d',
    most => {
      expect(sum(partsOf(most))).toBe(most)
    },
  )

  it('let through no more than the larger of two limits of one window', () => {
    const limits = [1, 40, 999, 1000, 1001, 1500, 2000, 2001, 39_999, 40_000, 40_001, 5_000_000]

    for (const one of limits) {
      for (const other of limits) {
        const parts = partsOf(one).map((part, n) => Math.max(part, shardPart(other, n)))
        expect(sum(parts)).toBe(Math.max(one, other))
      }
    }
  })

  it('are picked only where they have room for a share', () => {
    const picked = Array.from({ length: 1000 }, (_, n) => pickShard(1001, n / 1000))

    expect(new Set(picked)).toEqual(new Set([0]))
  })

  it('are picked by their parts, less five standard deviations', () => {
    const picked = Array.from({ length: 10_000 }, (_, n) => pickShard(2100, n / 10_000))
    const last = picked.filter(shard => shard === 2).length

    // 50 of 842 + 842 + 50.
    expect(last).toBe(Math.floor(10_000 * (50 / (2 * (1000 - 5 * Math.sqrt(1000)) + 50))))
  })

  it('are picked for every draw', () => {
    expect([pickShard(5000, 0), pickShard(5000, 0.999_999_999)]).toEqual([0, 4])
    expect(pickShard(1, 0.5)).toBe(0)
  })
})

/**
 * Two hundred processes take turns with so many requests a second. Their counters were charged
 * before up to `from` of the limit.
 */
function simulate(most: number, given: { perSecond: number; seconds: number; from: number }) {
  const processes = 200
  const seen = Array.from({ length: processes }, () => new Map<number, number>())
  const sent = partsOf(most).map(part => Math.floor(part * given.from))
  const writes = new Map<string, number>()
  let [counted, refusals, firstRefusal] = [sum(sent), 0, 1]
  for (let n = 0; n < given.perSecond * given.seconds; n++) {
    const ms = (n * 1000) / given.perSecond
    const shard = pickShard(most, drawOf(`request ${most} ${given.from} ${n}`))
    const memory = seen[n % processes]!
    let isRefused = (memory.get(shard) ?? 0) > ms
    if (!isRefused) {
      const second = `${shard} ${Math.floor(ms / 1000)}`
      writes.set(second, (writes.get(second) ?? 0) + 1)
      isRefused = sent[shard]! >= shardPart(most, shard)
      if (isRefused) memory.set(shard, ms + 5_000)
      else {
        sent[shard]! += 1
        counted += 1
      }
    }
    if (isRefused && refusals++ === 0) firstRefusal = counted / most
  }
  return { busiest: Math.max(...writes.values()), counted, firstRefusal, refusals }
}

describe('two thousand challenges a second', () => {
  const minute = { perSecond: 2000, seconds: 60 }

  it.each([
    [5_000_000, 0],
    [5_000_000, 0.99],
    [100_000, 0],
    [100_000, 0.5],
  ])('for a minute at a limit of %d that is used by %d', (most, from) => {
    const { busiest, counted, firstRefusal } = simulate(most, { ...minute, from })

    console.log(
      `${most}/86400 from ${from * 100} %: ${busiest} writes a second on the busiest item, first refusal at ${(firstRefusal * 100).toFixed(1)} %, ${counted} of ${most} counted`,
    )
    const violations = Number(busiest > 500 || firstRefusal < 0.85 || counted > most)
    const claim = `${most}/86400 at 2,000 a second from ${from * 100} % on: no item above 500 writes a second, no refusal below 85 %`
    figure({ claim, trials: 1, violations })
    expect(violations).toBe(0)
  })

  it.each([1000, 1001, 1100, 1150, 1400, 1500, 2000, 2100, 2500, 5000, 10_500, 39_500, 40_000])(
    'refuse nothing of a limit of %d before 85 hundredths of it are used',
    most => {
      const seconds = Math.ceil((most * 1.1) / minute.perSecond)
      const { firstRefusal, counted } = simulate(most, { ...minute, seconds, from: 0 })

      expect(firstRefusal).toBeGreaterThanOrEqual(0.85)
      expect(counted).toBeLessThanOrEqual(most)
    },
  )
})

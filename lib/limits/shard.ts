// The shards of a shared counter. DynamoDB writes one item at most a thousand times a second, so a
// large limit is counted in up to forty items. A request's name says which one counts it: a retry
// and a refund find the same.

/** Forty items take fifty writes each of two thousand a second. */
const mostShards = 40
const shardSize = 1_000

/** Returns how many shards a limit has. */
export function shardCount(most: number): number {
  return Math.min(mostShards, Math.ceil(most / shardSize))
}

/**
 * Returns a shard's part of a limit. The parts are the limit together, and none of them shrinks as
 * the limit grows. So a limit that changes within its window lets through no more than the larger.
 */
export function shardPart(most: number, shard: number): number {
  if (most <= mostShards * shardSize) {
    return Math.max(0, Math.min(shardSize, most - shard * shardSize))
  }
  return Math.floor((most + mostShards - 1 - shard) / mostShards)
}

/**
 * Picks the shard of a draw between 0 and 1. Chance must fill no shard long before the others: a
 * small one gets less than its part, by five standard deviations, and a tiny one nothing.
 */
export function pickShard(most: number, draw: number): number {
  const count = shardCount(most)
  let left = 0
  for (let shard = 0; shard < count; shard++) left += shardWeight(most, shard)
  left *= draw
  for (let shard = 0; shard < count; shard++) {
    left -= shardWeight(most, shard)
    if (left < 0) return shard
  }
  return 0
}

function shardWeight(most: number, shard: number): number {
  const part = shardPart(most, shard)
  return Math.max(0, part - 5 * Math.sqrt(part))
}

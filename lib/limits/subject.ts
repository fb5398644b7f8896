// What a limit counts, and under which key. The table holds no number, user or address in clear,
// but an HMAC with a key derived from the index key: a reader of the table cannot try all numbers.
import { createHmac } from 'node:crypto'
import type { DeviceKey } from '../device/device.ts'
import { lengthPrefixed } from '../length-prefixed.ts'
import {
  isShared,
  type Limit,
  type LimitName,
  type LimitSettings,
  limitNames,
} from '../settings/limits.ts'
import { deriveKey } from '../token/keys.ts'
import { drawOf } from './mark.ts'
import { pickShard, shardCount, shardPart } from './shard.ts'
import { groupLimits, strangersWindow, type Window, windowEnd, windowsOf } from './window.ts'

/** The subjects of a send; an undefined one is not counted. */
export type Subjects = { [name in LimitName]?: string | undefined }

/** An item of the limits table: what is counted of one subject in its longest window. */
export interface Counter {
  limit: LimitName
  key: string
  /** The longest first; the others lie within it. */
  windows: Window[]
  /** The moment for which it was made, milliseconds since the epoch. */
  now: number
}

/** The limits, and the key that names their subjects. */
interface Naming {
  indexKey: Uint8Array
  limits: LimitSettings
}

/** Returns the counters of a send at a moment: of a shared limit the shard that its name picks. */
export function countersOf(
  { indexKey, limits }: Naming,
  subjects: Subjects,
  send: { requestName: string; now: number; isEstablished: boolean },
): Counter[] {
  const hashKey = deriveKey(indexKey, ['limit'])
  const draw = drawOf(send.requestName)
  const share = send.isEstablished ? null : keptShare(limits)
  return groupsOf(limits.limits).flatMap(group => {
    const shard = pickShard(group[0]?.most ?? 0, draw)
    return counterOf(hashKey, group, subjects, { shard, share, now: send.now })
  })
}

/** Returns all shards of all counters at a moment, with what strangers have taken of them. */
export function allCountersOf(
  { indexKey, limits }: Naming,
  subjects: Subjects,
  now: number,
): Counter[] {
  const hashKey = deriveKey(indexKey, ['limit'])
  const share = keptShare(limits)
  return groupsOf(limits.limits).flatMap(group =>
    shardsOf(group).flatMap(shard => counterOf(hashKey, group, subjects, { shard, share, now })),
  )
}

/** A limit that keeps nothing has nothing more to count. */
function keptShare({ establishedShare }: LimitSettings): number | null {
  return establishedShare === 0 ? null : establishedShare
}

/** Returns what is counted for an established device under the limit of its number. */
export function ownSubject({ userId, deviceId }: DeviceKey): string {
  return lengthPrefixed([userId, deviceId]).toString('base64url')
}

/** A shared limit has an item for each window, because each has shards of its own number. */
function groupsOf(limits: Limit[]): Limit[][] {
  return limitNames.flatMap(name => {
    const own = limits.filter(({ limit }) => limit === name)
    return isShared(name) ? own.map(one => [one]) : groupLimits(own)
  })
}

function shardsOf([longest]: Limit[]): number[] {
  if (longest === undefined || !isShared(longest.limit)) return [0]
  return Array.from({ length: shardCount(longest.most) }, (_, shard) => shard)
}

function counterOf(
  hashKey: Uint8Array,
  group: Limit[],
  subjects: Subjects,
  { shard, share, now }: { shard: number; share: number | null; now: number },
): Counter[] {
  const [longest] = group
  const subject = longest && subjects[longest.limit]
  if (longest === undefined || subject === undefined) return []
  const whole = personalCounter(hashKey, group, subject, now)
  if (!isShared(longest.limit)) return whole
  return whole.map(counter => ({
    ...counter,
    key: counter.key.replace(/0$/, String(shard)),
    windows: counter.windows.flatMap(window => {
      const part = { ...window, most: shardPart(window.most, shard) }
      return share === null ? [part] : [part, strangersWindow(part, share)]
    }),
  }))
}

function personalCounter(
  hashKey: Uint8Array,
  group: Limit[],
  subject: string,
  now: number,
): Counter[] {
  const [longest] = group
  if (longest === undefined) return []
  const { limit, seconds } = longest
  const hash = createHmac('sha256', hashKey)
    .update(lengthPrefixed([limit, subject]))
    .digest()
    .toString('base64url', 0, 16)
  // 0.2.0 has no shard in its keys: its counters end with their windows.
  const key = `${limit}:${hash}:${seconds}:${windowEnd(seconds, now)}:0`
  return [{ limit, key, windows: windowsOf(group, now), now }]
}

/** Returns the counters of a client's network at a moment. */
export function countersOfClient(
  { indexKey, limits }: Naming,
  network: string,
  now: number,
): Counter[] {
  const hashKey = deriveKey(indexKey, ['limit'])
  return groupLimits(limits.limits).flatMap(group => personalCounter(hashKey, group, network, now))
}

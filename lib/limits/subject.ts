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
import {
  groupLimits,
  type Nested,
  strangersWindow,
  type Window,
  windowEnd,
  windowsOf,
} from './window.ts'

/** The subjects of a send; an undefined one is not counted. */
export type Subjects = { [name in LimitName]?: string | undefined } & {
  /** An established device, which the limit of its number counts by itself. */
  own?: string | undefined
}

/** An item of the limits table: what is counted of one subject in its longest window. */
export interface Counter {
  /** Of the longest window. */
  limit: LimitName
  key: string
  windows: Nested<Window>
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
  return groupsOf(limits.limits, subjects).flatMap(group => {
    const shard = shardsIn(group) === 1 ? 0 : pickShard(group[0].most, draw)
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
  return groupsOf(limits.limits, subjects).flatMap(group =>
    Array.from({ length: shardsIn(group) }, (_, shard) =>
      counterOf(hashKey, group, subjects, { shard, share, now }),
    ).flat(),
  )
}

/** A limit that keeps nothing has nothing more to count. */
function keptShare({ establishedShare }: LimitSettings): number | null {
  return establishedShare === 0 ? null : establishedShare
}

/** Names an established device. */
export function ownSubject({ userId, deviceId }: DeviceKey): string {
  return lengthPrefixed([userId, deviceId]).toString('base64url')
}

/** The limits that an item counts together. */
function groupsOf(limits: Limit[], { own }: Subjects): Nested<Limit>[] {
  const groups = limitNames.flatMap(name => {
    const named = groupLimits(limits.filter(({ limit }) => limit === name))
    return isShared(name) ? named.flatMap(splitShared) : named
  })
  const guests = groups.filter(one => own !== undefined && hostOf(one, groups) !== undefined)
  return groups
    .filter(group => !guests.includes(group))
    .map(
      (group): Nested<Limit> => [
        ...group,
        ...guests.filter(one => hostOf(one, groups) === group).flat(),
      ],
    )
}

/**
 * Windows that all share have an item each, with shards of its own number. But where the shortest
 * lets no more through than one item takes, they are in one.
 */
function splitShared(group: Nested<Limit>): Nested<Limit>[] {
  const isOneItem = shardCount(group.at(-1)?.most ?? 0) === 1
  return isOneItem ? [group] : group.map((one): Nested<Limit> => [one])
}

/** A write saved: what an established device sends is counted in an item of its user, if it can. */
function hostOf([longest]: Nested<Limit>, groups: Nested<Limit>[]): Nested<Limit> | undefined {
  if (longest.limit !== 'number') return undefined
  return groups.find(([host]) => host.limit === 'user' && host.seconds % longest.seconds === 0)
}

/** How many items count a group: windows that are in one item have no shards. */
function shardsIn([longest, ...others]: Nested<Limit>): number {
  return isShared(longest.limit) && others.length === 0 ? shardCount(longest.most) : 1
}

/** Returns nothing where the subject is not counted. */
function counterOf(
  hashKey: Uint8Array,
  group: Nested<Limit>,
  subjects: Subjects,
  { shard, share, now }: { shard: number; share: number | null; now: number },
): Counter[] {
  const [{ limit }] = group
  const isOwn = limit === 'number' && subjects.own !== undefined
  const subject = isOwn ? subjects.own : subjects[limit]
  if (subject === undefined) return []
  const whole = personalCounter(hashKey, group, subject, now, subjects.own)
  if (!isShared(limit)) return [whole]
  const partsOf = (window: Window): Nested<Window> => {
    const most = shardsIn(group) === 1 ? window.most : shardPart(window.most, shard)
    const part = { ...window, most }
    return share === null ? [part] : [part, strangersWindow(part, share)]
  }
  const [longest, ...shorter] = whole.windows
  return [
    {
      ...whole,
      key: whole.key.replace(/0$/, String(shard)),
      windows: [...partsOf(longest), ...shorter.flatMap(partsOf)],
    },
  ]
}

function personalCounter(
  hashKey: Uint8Array,
  group: Nested<Limit>,
  subject: string,
  now: number,
  own?: string,
): Counter {
  const [{ limit, seconds }] = group
  const nameOf = (of: LimitName, whose: string, bytes: number) =>
    createHmac('sha256', hashKey)
      .update(lengthPrefixed([of, whose]))
      .digest()
      .toString('base64url', 0, bytes)
  // 0.2.0 has no shard in its keys: its counters end with their windows.
  const key = `${limit}:${nameOf(limit, subject, 16)}:${seconds}:${windowEnd(seconds, now)}:0`
  const guest = own === undefined ? undefined : nameOf('number', own, 3)
  return { limit, key, windows: windowsOf(group, now, guest), now }
}

/** Returns the counters of a client's network at a moment. */
export function countersOfClient(
  { indexKey, limits }: Naming,
  network: string,
  now: number,
): Counter[] {
  const hashKey = deriveKey(indexKey, ['limit'])
  return groupLimits(limits.limits).map(group => personalCounter(hashKey, group, network, now))
}

// What a restore undoes that matters to somebody's safety, read from the devices as they were and
// as they are. A pure rule. A token that was used since is not among it: the new token key ends it.
import type { DeviceItem, DeviceKey } from '../../../lib/device/device.ts'
import { maskNumber } from '../../../lib/device/mask.ts'
import { isDisabled, lockEnd } from '../../../lib/device/throttle.ts'
import type { ThrottleSettings } from '../../../lib/settings/throttle.ts'

/** What of a device is compared. */
type Compared = Pick<DeviceItem, 'number' | 'confirmed' | 'failures' | 'failedAt'>

/** A device that was written to since; null where there was none, or is none. */
export interface ChangedDevice extends DeviceKey {
  before: Compared | null
  after: Compared | null
}

/** What happened to a device, and is undone; the gravest first. */
const kinds = {
  deleted: 'deleted, and come back. Delete them again:',
  number:
    'another number, and get the old one back. PATCH the new one again, which the table in use knows:',
  unconfirmed:
    'not confirmed any more, and are confirmed again. PATCH them with "confirmed": false:',
  shut: 'locked or disabled, and get their tries back. Delete those that must stay shut:',
  opened: 'unlocked or enabled, and are shut again. Reset them again:',
  confirmed: 'confirmed, and are not so any more. PATCH them with "confirmed": true:',
  created: 'registered, and are gone. Their users have to register them again:',
} as const

/** A kind of what is undone. */
type Kind = keyof typeof kinds

/** Something that a restore undoes. */
export interface Undone extends DeviceKey {
  kind: Kind
  /** The number, masked; a changed one with what it is now. */
  number: string
}

/** Returns what a restore undoes of one device.  */
export function undoneOf(
  { userId, deviceId, before, after }: ChangedDevice,
  throttle: ThrottleSettings,
  now: number,
): Undone[] {
  const undone = (kind: Kind, number: string): Undone => ({ userId, deviceId, kind, number })
  if (before === null) return after === null ? [] : [undone('created', maskNumber(after.number))]
  const old = maskNumber(before.number)
  if (after === null) return [undone('deleted', old)]
  const found: Undone[] = []
  const current = maskNumber(after.number)
  if (before.number !== after.number) found.push(undone('number', `${old} is ${current} now`))
  if (before.confirmed !== after.confirmed) {
    found.push(undone(after.confirmed ? 'confirmed' : 'unconfirmed', current))
  }
  const wasShut = shutness(before, throttle, now)
  const isShut = shutness(after, throttle, now)
  if (isShut > wasShut) found.push(undone('shut', current))
  if (isShut < wasShut) found.push(undone('opened', current))
  return found
}

/** Today's settings and the present decide: a lock that has ended shuts nothing. */
function shutness(device: Compared, throttle: ThrottleSettings, now: number): 0 | 1 | 2 {
  if (isDisabled(device, throttle)) return 2
  return (lockEnd(device, throttle) ?? 0) > now ? 1 : 0
}

/** Says it in lines, kind by kind. */
export function linesOf(undone: Undone[]): string[] {
  const byKind = Object.groupBy(undone, ({ kind }) => kind)
  return (Object.keys(kinds) as Kind[]).flatMap(kind => {
    const found = byKind[kind] ?? []
    if (found.length === 0) return []
    const lines = found.map(
      ({ userId, deviceId, number }) => `    ${userId}  ${deviceId}  ${number}`,
    )
    return [`  ${found.length} ${kinds[kind]}`, ...lines.toSorted()]
  })
}

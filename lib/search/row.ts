// By what a device is found: rows of the traffic table that its stream's reader keeps, seconds
// late. A pure rule. A row is a pointer and shows nothing: the device itself is read before it is
// shown.
import type { DeviceItem, DeviceKey } from '../device/device.ts'
import { isDisabled, lockEnd, longLockMs } from '../device/throttle.ts'
import type { RowKey, RowWrite } from '../dynamodb/rows.ts'
import { deviceTag } from '../request-name.ts'
import type { ThrottleSettings } from '../settings/throttle.ts'
import type { DeviceChange } from '../stream/records.ts'

/** What devices can be asked for by their state. */
export const deviceStates = ['locked', 'disabled', 'unconfirmed'] as const

/** A state that is searched for. */
export type DeviceState = (typeof deviceStates)[number]

/** The partitions that are searched by the beginning of their entries. */
export const searchSubjects = {
  number: 'search:number',
  user: 'search:user',
  device: 'search:device',
  challenge: 'search:challenge',
} as const

/** The partition of the devices in a state. */
export function stateSubject(state: DeviceState): string {
  return `search:${state}`
}

/** The partition of the device that a message was for, by its SID. */
export function messageSubject(sid: string): string {
  return `message:${sid}`
}

/** How most entries end. Ids have no spaces, so that an entry is read back. */
export function searchEntry({ userId, deviceId }: DeviceKey): string {
  return `${userId} ${deviceId}`
}

/** Digits from the last one on: the end of a number is the beginning of its entry. */
export function reversedDigits(text: string): string {
  return [...text.replace(/\D/g, '')].reverse().join('')
}

/** Reads the device that an entry points at. */
export function deviceOfEntry({ subject, entry }: RowKey): DeviceKey {
  const parts = entry.split(' ')
  if (subject === searchSubjects.device) {
    const [deviceId = '', userId = ''] = parts
    return { userId, deviceId }
  }
  const [userId = '', deviceId = ''] = parts.slice(-2)
  return { userId, deviceId }
}

/** A row that points at a device. */
export interface SearchRow extends RowKey {
  /** Seconds since the epoch; absent where it stays as long as its device. */
  expiresAt?: number
}

/** Returns by what a device is found. */
export function searchRows(device: DeviceItem, throttle: ThrottleSettings): SearchRow[] {
  const { userId, deviceId, number, confirmed, failedAt } = device
  const entry = searchEntry(device)
  const end = lockEnd(device, throttle)
  const disabled = isDisabled(device, throttle)
  const isLocked = !disabled && end !== null && end - failedAt >= longLockMs
  return [
    { subject: searchSubjects.number, entry: `${reversedDigits(number)} ${entry}` },
    { subject: searchSubjects.user, entry },
    { subject: searchSubjects.device, entry: `${deviceId} ${userId}` },
    { subject: searchSubjects.challenge, entry: `${deviceTag(deviceId)} ${entry}` },
    ...(confirmed ? [] : [{ subject: stateSubject('unconfirmed'), entry }]),
    ...(disabled ? [{ subject: stateSubject('disabled'), entry }] : []),
    ...(isLocked
      ? [{ subject: stateSubject('locked'), entry, expiresAt: Math.ceil(end / 1000) }]
      : []),
  ]
}

/** Returns what a write to a device changes in the search. */
export function searchWrites(
  { before, device, isDeleted }: DeviceChange,
  throttle: ThrottleSettings,
): RowWrite[] {
  const old = before === null ? [] : searchRows(before, throttle)
  const now = isDeleted ? [] : searchRows(device, throttle)
  const has = (rows: SearchRow[], row: SearchRow) =>
    rows.some(
      one =>
        one.subject === row.subject && one.entry === row.entry && one.expiresAt === row.expiresAt,
    )
  const gone = old.filter(
    row => !now.some(({ subject, entry }) => subject === row.subject && entry === row.entry),
  )
  return [
    ...gone.map(row => ({ remove: row })),
    ...now.filter(row => !has(old, row)).map(row => ({ put: row })),
  ]
}

/** Returns what makes the search right of a device as it is now, after a write of any time. */
export function searchRewrites(
  { before, device }: DeviceChange,
  now: DeviceItem | undefined,
  throttle: ThrottleSettings,
): RowWrite[] {
  const rowsOf = (item: DeviceItem | null | undefined) => (item ? searchRows(item, throttle) : [])
  return [
    ...[...rowsOf(before), ...rowsOf(device)].map(row => ({ remove: row })),
    ...rowsOf(now).map(row => ({ put: row })),
  ]
}

const dayMs = 86_400_000

/** A row by which the SID of a message leads to its device. */
export function messageRow(sid: string, device: DeviceKey, at: number, days: number): SearchRow {
  const expiresAt = Math.ceil((at + days * dayMs) / 1000)
  return { subject: messageSubject(sid), entry: searchEntry(device), expiresAt }
}

/** Whether a device still is in a state that it was found by. */
export function isInState(
  device: DeviceItem,
  state: DeviceState,
  throttle: ThrottleSettings,
  now: number,
): boolean {
  switch (state) {
    case 'unconfirmed':
      return !device.confirmed
    case 'disabled':
      return isDisabled(device, throttle)
    case 'locked':
      return !isDisabled(device, throttle) && now < (lockEnd(device, throttle) ?? now)
  }
}

// The subjects that the breaker judges and the entries that are always allowed, by their names in
// the traffic table: `prefix:+4420718`, `country:GB`. A prefix is ten thousand numbers; a single
// number appears only as an HMAC.
import { createHmac } from 'node:crypto'
import type { PhoneNumber } from '../device/device.ts'
import type { SuspendedKind } from '../settings/breaker.ts'
import { deriveKey } from '../token/keys.ts'
import type { SuspensionEntry } from './store.ts'

const hiddenDigits = 4

/** Cuts the last four digits off a number. */
export function prefixOf(number: string): string {
  return number.slice(0, -hiddenDigits)
}

/**
 * Returns what may be suspended and concerns a number, by kind. A number without a known country
 * has only its prefix.
 */
export function suspensionSubjects({
  number,
  country,
}: PhoneNumber): Partial<Record<SuspendedKind, string>> {
  return {
    prefix: `prefix:${prefixOf(number)}`,
    ...(country !== '' && { country: `country:${country}` }),
  }
}

/**
 * Returns the entries that may concern a number: also every shorter prefix, which may be allowed.
 */
export function entriesOf(phone: PhoneNumber, indexKey: Uint8Array): string[] {
  const { country = null } = suspensionSubjects(phone)
  const longest = prefixOf(phone.number)
  const prefixes = Array.from({ length: longest.length - 1 }, (_, n) => longest.slice(0, n + 2))
  return [
    numberEntry(phone.number, indexKey),
    ...prefixes.map(prefix => `prefix:${prefix}`),
    ...(country === null ? [] : [country]),
  ]
}

/** Returns what an entry names: `number`, `prefix` or `country`. */
export function kindOf(entry: string): string {
  return entry.slice(0, entry.indexOf(':'))
}

/** Names the entry of a single number. */
export function numberEntry(number: string, indexKey: Uint8Array): string {
  const key = deriveKey(indexKey, ['always allow'])
  return `number:${createHmac('sha256', key).update(number).digest().toString('base64url', 0, 16)}`
}

/**
 * Returns which of the entries that were read decide about a number: those that always allow it, or
 * else the suspensions that hold it, the longest first. None where the setting allows it.
 */
export function decidingEntries(
  phone: PhoneNumber,
  entries: SuspensionEntry[],
  { alwaysAllow, indexKey, now }: { alwaysAllow: string[]; indexKey: Uint8Array; now: number },
): SuspensionEntry[] {
  if (isAlwaysAllowed(phone, alwaysAllow)) return []
  const allowing = entriesOf(phone, indexKey)
  const allowed = entries.filter(one => one.allowed && allowing.includes(one.entry))
  if (allowed.length > 0) return allowed
  const subjects = Object.values(suspensionSubjects(phone))
  return entries
    .filter(({ entry, until }) => until > now && subjects.includes(entry))
    .toSorted((a, b) => b.until - a.until)
}

/** Whether OTP_TWILIO_ALWAYS_ALLOW names the number, its prefix or its country. */
export function isAlwaysAllowed({ number, country }: PhoneNumber, listed: string[]): boolean {
  return listed.some(one =>
    one.endsWith('*') ? number.startsWith(one.slice(0, -1)) : one === number || one === country,
  )
}

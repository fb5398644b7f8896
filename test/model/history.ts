// A history so far, as the model remembers it, and what a step of it can be about.
import { randomUUID } from 'node:crypto'
import { cooldownOf, type Device, lockEndOf, type Rules } from './device.ts'
import { obey } from './service.ts'

/** A device of a history, with every token that it was sent. */
export interface Known {
  /** Null once it was deleted. */
  device: Device | null
  userId: string
  deviceId: string
  /** What it was made of; of a changed number nothing but that number. */
  made: { key: string | null; number: string; confirmed: boolean | null }
  issued: string[]
  /** The ids of the challenges that sent them, or null where none was answered. */
  ids: (string | null)[]
}

/** The lock of a number that its device no longer has, while it lasts. */
export interface KeptLock {
  failures: number
  failedAt: number
  endsAt: number
}

/**
 * Keeps the lock of a device that is about to lose its number, deleted or changed, for a day at
 * most; the one that lasts longer stays.
 */
export function keepLock({ locks, rules, now }: History, device: Device | null): void {
  if (device === null) return
  const day = 86_400_000
  const isDisabled = device.failures >= rules.maxFailures
  const endsAt = Math.min(isDisabled ? now + day : lockEndOf(device, rules), now + day)
  const name = `${device.userId} ${device.number}`
  if (endsAt <= now || endsAt <= (locks.get(name)?.endsAt ?? 0)) return
  locks.set(name, { failures: device.failures, failedAt: device.failedAt, endsAt })
}

/** The lock that is kept for a user and a number; null where none runs. */
export function findLock({ locks, now }: History, userId: string, number: string): KeptLock | null {
  const lock = locks.get(`${userId} ${number}`)
  return lock !== undefined && now < lock.endsAt ? lock : null
}

/**
 * Before a device gets another number: its lock stays with the one that it has, and it is locked as
 * is kept for the one that it gets, where that lasts longer. Its failures are not made fewer.
 */
export function carryLocks(history: History, device: Device, number: string): void {
  keepLock(history, device)
  const lock = findLock(history, device.userId, number)
  if (lock === null || lock.endsAt <= lockEndOf(device, history.rules)) return
  device.failures = Math.max(lock.failures, device.failures)
  device.failedAt = lock.failedAt
}

/** What has happened so far. */
export interface History {
  now: number
  rules: Rules
  users: string[]
  known: Known[]
  /** The locks of numbers that their devices no longer have, by user and number. */
  locks: Map<string, KeptLock>
  /** Verifications with an idempotency key, to be asked again. */
  asked: { known: Known; key: string; text: string }[]
  steps: number
}

/** django-otp-twilio's defaults. */
const defaults: Rules = {
  factor: 1000,
  longestLock: null,
  maxFailures: 100,
  guesses: null,
  validity: 30_000,
  cooldown: 0,
  longestCooldown: null,
}

/** A history of which nothing has happened. */
export function startHistory(given: Partial<Rules> = {}): History {
  const rules = { ...defaults, ...given }
  obey(rules)
  return {
    now: Date.UTC(2026, 0, 1, 12),
    rules,
    users: [`a-${randomUUID()}`, `b-${randomUUID()}`],
    known: [],
    locks: new Map(),
    asked: [],
    steps: 0,
  }
}

/** Which token is presented. */
export const guesses = [
  'right',
  'right with spaces',
  'older',
  "other device's",
  'wrong',
  'letters',
] as const

/** Its text; where there is none of the kind, one that no challenge has drawn. */
export function guessText(
  history: History,
  known: Known,
  guess: (typeof guesses)[number],
): { text: string; sent: string } {
  const wrong = known.issued.includes('000000') ? '000001' : '000000'
  const other = history.known.find(one => one !== known && one.device?.token)
  const texts = {
    right: known.issued.at(-1),
    'right with spaces': known.issued.at(-1),
    older: known.issued.at(-2),
    "other device's": other?.issued.at(-1),
    wrong,
    letters: 'abcdef',
  }
  const text = texts[guess] ?? wrong
  return { text, sent: guess === 'right with spaces' ? ` ${text}\n` : text }
}

/** Moments at which something ends. */
export const ends = ['lock', 'token', 'cooldown', 'minute of the use'] as const

/** When that is for a device; null where nothing of the kind runs. */
export function endOf(
  { rules }: History,
  { device }: Known,
  end: (typeof ends)[number],
): number | null {
  if (device === null) return null
  const lock = Math.min(rules.factor * 2 ** (device.failures - 1), rules.longestLock ?? Infinity)
  const moments = {
    lock: device.failures > 0 ? device.failedAt + lock : null,
    token: device.token?.until ?? null,
    cooldown: device.challengedAt === null ? null : device.challengedAt + cooldownOf(device, rules),
    'minute of the use': device.usedAt === null ? null : device.usedAt + 60_000,
  }
  return moments[end]
}

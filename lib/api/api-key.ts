// API keys: 32 random bytes each, of which the service keeps only the SHA-256, a name and scopes. A
// fast hash is right here, because the key is random and not a password.
import { hash, randomBytes, timingSafeEqual } from 'node:crypto'
import { audienceForm, userPrefix } from '../formats.ts'
import { parseJson } from '../json.ts'
import { misconfigured } from '../settings/read.ts'

/** Every scope that a key can have. */
export const scopes = ['devices:read', 'devices:write', 'challenge', 'verify', 'admin'] as const

/** What a key may be used for. */
export type Scope = (typeof scopes)[number]

/**
 * A caller: an API key as kept in OTP_API_KEYS. `hash` is its SHA-256 in base64url, 43 characters.
 */
export interface Principal {
  name: string
  hash: string
  scopes: readonly Scope[]
  /** The last day of the key in UTC, as in 2026-12-31; absent where it has none. */
  until?: string
  /** What every user id begins with that the key is for; absent where it is for all. */
  prefix?: string
  /** For whom it may ask for proofs; of the second also for those of test numbers. */
  audiences?: readonly string[]
  testAudiences?: readonly string[]
}

/** Whether a key is for a user. An operation without a user has the empty id. */
export function isFor({ prefix = '' }: Pick<Principal, 'prefix'>, userId: string): boolean {
  return userId === '' || userId.startsWith(prefix)
}

/** Whether the last day of a key is over. */
export function isExpired({ until }: Principal, now: number): boolean {
  return until !== undefined && now >= Date.parse(until) + dayMs
}

const dayMs = 86_400_000

/** Whether a text is a date as in 2026-12-31. */
export function isDate(text: unknown): boolean {
  if (typeof text !== 'string' || !/^\d{4}-\d\d-\d\d$/.test(text)) return false
  const at = Date.parse(text)
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(text)
}

/** As much of a key's name as an item keeps; no two keys share it. */
const actorLength = 10

/** Returns what an item and its events keep of the caller. */
export function actorOf({ name }: Pick<Principal, 'name'>): string {
  return name.slice(0, actorLength)
}

/**
 * Draws a key: otp and 64 hexadecimal digits, as Twilio's Go client takes only letters and digits
 * for a password. Only the key's hash is kept, so it can be shown only once.
 */
export function drawApiKey(): string {
  return `otp${randomBytes(32).toString('hex')}`
}

/** Returns the SHA-256 of a key, base64url. */
export function hashApiKey(apiKey: string): string {
  return hash('sha256', apiKey, 'base64url')
}

/**
 * Reads OTP_API_KEYS, a JSON array of kept keys. Undefined means no keys, and so no access.
 * Throws `not_configured`.
 */
export function parseApiKeys(json: string | undefined): Principal[] {
  if (json === undefined) return []
  const parsed = parseJson(json)
  if (Array.isArray(parsed) && parsed.every(isPrincipal)) return parsed
  throw misconfigured('OTP_API_KEYS', 'a JSON array of {name, hash, scopes}')
}

/** Finds the principal of a key, or null. Compares with every kept hash in constant time. */
export function findPrincipal(kept: Principal[], apiKey: string): Principal | null {
  const given = Buffer.from(hashApiKey(apiKey))
  const found = kept.filter(key => timingSafeEqual(Buffer.from(key.hash), given))
  return found[0] ?? null
}

/** Adds a key to the kept ones; gives the name of the one that has its actor's, where one does. */
export function addApiKey(kept: Principal[], added: Principal): Principal[] | string {
  const taken = kept.find(key => actorOf(key) === actorOf(added))
  return taken?.name ?? [...kept, added]
}

/** Finds a key that shares users with one of a prefix: one of the two prefixes begins the other. */
export function findOverlap(kept: Principal[], added: Principal): Principal | undefined {
  const { prefix: wanted } = added
  if (wanted === undefined) return
  return kept.find(
    ({ prefix }) =>
      prefix !== undefined && (prefix.startsWith(wanted) || wanted.startsWith(prefix)),
  )
}

/** Removes the keys of a name; null when there is none. */
export function revokeApiKey(kept: Principal[], name: string): Principal[] | null {
  const left = kept.filter(key => key.name !== name)
  return left.length < kept.length ? left : null
}

function isAudiences(value: unknown): boolean {
  if (value === undefined) return true
  return Array.isArray(value) && value.every(one => audienceForm.test(String(one)))
}

function isPrefix(value: unknown): boolean {
  return typeof value === 'string' && userPrefix.test(value)
}

function isPrincipal(value: unknown): value is Principal {
  const { name, hash, scopes: granted, until, prefix, audiences, testAudiences } = Object(value)
  return (
    typeof name === 'string' &&
    typeof hash === 'string' &&
    /^[\w-]{43}$/.test(hash) &&
    Array.isArray(granted) &&
    granted.every(scope => scopes.includes(scope)) &&
    (until === undefined || isDate(until)) &&
    (prefix === undefined || (isPrefix(prefix) && !granted.includes('admin'))) &&
    [audiences, testAudiences].every(isAudiences)
  )
}

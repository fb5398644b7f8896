// Who may call: API keys of 32 random bytes, of which the service keeps only the SHA-256, a name and scopes.
// A fast hash is right here: what it hides is random, not a password.
import { hash, randomBytes, timingSafeEqual } from 'node:crypto'
import { parseJson } from '../json.ts'
import { misconfigured } from '../settings/read.ts'

/** Every scope that a key can have. */
export const scopes = ['devices:read', 'devices:write', 'challenge', 'verify', 'admin'] as const

/** What a key may be used for. */
export type Scope = (typeof scopes)[number]

/** Who calls: an API key as it is kept in OTP_API_KEYS. `hash` is its SHA-256, base64url, 43 characters. */
export interface Principal {
  name: string
  hash: string
  scopes: readonly Scope[]
}

/** Draws a key; the caller shows it once. */
export function drawApiKey(): string {
  return `otp_${randomBytes(32).toString('base64url')}`
}

/** SHA-256 of a key, base64url. */
export function hashApiKey(apiKey: string): string {
  return hash('sha256', apiKey, 'base64url')
}

/** Reads OTP_API_KEYS, a JSON array of kept keys; undefined is none, and then nobody gets in. */
export function parseApiKeys(json: string | undefined): Principal[] {
  if (json === undefined) return []
  const parsed = parseJson(json)
  if (Array.isArray(parsed) && parsed.every(isPrincipal)) return parsed
  throw misconfigured('OTP_API_KEYS', 'a JSON array of {name, hash, scopes}')
}

/** The principal whose key this is, or null. Compares with every kept hash, in constant time. */
export function findPrincipal(kept: Principal[], apiKey: string): Principal | null {
  const given = Buffer.from(hashApiKey(apiKey))
  const found = kept.filter(key => timingSafeEqual(Buffer.from(key.hash), given))
  return found[0] ?? null
}

/** The kept keys and one more; null when its name is taken. */
export function addApiKey(kept: Principal[], added: Principal): Principal[] | null {
  return kept.some(({ name }) => name === added.name) ? null : [...kept, added]
}

/** The kept keys without those of this name; null when there is none. */
export function revokeApiKey(kept: Principal[], name: string): Principal[] | null {
  const left = kept.filter(key => key.name !== name)
  return left.length < kept.length ? left : null
}

function isPrincipal(value: unknown): value is Principal {
  const { name, hash, scopes: granted } = Object(value)
  return (
    typeof name === 'string' &&
    typeof hash === 'string' &&
    /^[\w-]{43}$/.test(hash) &&
    Array.isArray(granted) &&
    granted.every(scope => scopes.includes(scope))
  )
}

// The keys of proofs: RSA, because API Gateway and load balancers take nothing else. Private ones
// lie in one secret, public ones in another, as a JSON Web Key Set (RFC 7517).
import { createHash, createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'
import { parseJson } from '../json.ts'
import { misconfigured } from '../settings/read.ts'

/** A private key, as it is kept. */
export interface KeptProofKey {
  /** It signs from this moment on, milliseconds since the epoch. */
  from: number
  /** PKCS #8 in base64. */
  key: string
}

/** A key that signs. */
export interface SigningKey {
  kid: string
  from: number
  privateKey: KeyObject
}

/** A public key as verifiers read it. */
export interface PublicJwk {
  kty: 'RSA'
  use: 'sig'
  alg: 'RS256'
  kid: string
  n: string
  e: string
}

const mostKeys = 2

/** Reads OTP_PROOF_KEYS. Throws `not_configured`. */
export function parseProofKeys(secret: string | undefined): KeptProofKey[] {
  const parsed = parseJson(secret ?? '')
  const isKept = (one: unknown) => {
    const { from, key } = Object(one)
    return Number.isSafeInteger(from) && typeof key === 'string' && /^[A-Za-z0-9+/]+=*$/.test(key)
  }
  if (Array.isArray(parsed) && parsed.length > 0 && parsed.length <= mostKeys) {
    if (parsed.every(isKept)) return parsed
  }
  throw misconfigured('OTP_PROOF_KEYS', 'one or two keys that npm run secrets has made')
}

let lastRead: { secret: string; keys: SigningKey[] } | undefined

/** Reads the keys that sign. A secret that was read last is not read anew. */
export function signingKeys(secret: string | undefined): SigningKey[] {
  if (lastRead !== undefined && lastRead.secret === secret) return lastRead.keys
  const keys = parseProofKeys(secret).map(({ from, key }) => {
    const privateKey = readPrivateKey(key)
    return { from, privateKey, kid: publicJwk(privateKey).kid }
  })
  lastRead = { secret: secret ?? '', keys }
  return keys
}

/** Reads the key of a kept one. Throws `not_configured`. */
export function readPrivateKey(key: string): KeyObject {
  try {
    return createPrivateKey({ key: Buffer.from(key, 'base64'), format: 'der', type: 'pkcs8' })
  } catch {
    throw misconfigured('OTP_PROOF_KEYS', 'one or two keys that npm run secrets has made')
  }
}

/**
 * Returns the key that signs what was used at a moment: the newest that signed by then, so that a
 * retry is signed by the same one.
 */
export function keyAt(keys: readonly SigningKey[], at: number): SigningKey {
  const [oldest, newest = oldest] = keys.toSorted((a, b) => a.from - b.from)
  const found = newest && newest.from <= at ? newest : oldest
  if (found === undefined) throw misconfigured('OTP_PROOF_KEYS', 'one or two keys')
  return found
}

/** Returns the public key of a private one; its kid is the thumbprint of RFC 7638. */
export function publicJwk(privateKey: KeyObject): PublicJwk {
  const { n = '', e = '' } = createPublicKey(privateKey).export({ format: 'jwk' })
  const kid = createHash('sha256')
    .update(JSON.stringify({ e, kty: 'RSA', n }))
    .digest('base64url')
  return jwkOf({ kid, n, e })
}

function jwkOf({ kid, n, e }: Pick<PublicJwk, 'kid' | 'n' | 'e'>): PublicJwk {
  return { kty: 'RSA', use: 'sig', alg: 'RS256', kid, n, e }
}

/** Reads OTP_PROOF_PUBLIC_KEYS: of each key its public members alone. Throws `not_configured`. */
export function parsePublicKeys(secret: string | undefined): { keys: PublicJwk[] } {
  const { keys } = Object(parseJson(secret ?? ''))
  const isPublic = (one: unknown) => {
    const { kty, kid, n, e, d } = Object(one)
    return kty === 'RSA' && [kid, n, e].every(part => typeof part === 'string') && d === undefined
  }
  if (Array.isArray(keys) && keys.length > 0 && keys.every(isPublic)) {
    return { keys: keys.map(jwkOf) }
  }
  throw misconfigured('OTP_PROOF_PUBLIC_KEYS', 'what npm run secrets has written')
}

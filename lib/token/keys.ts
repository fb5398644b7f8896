// Keys are derived, never stored: HKDF-SHA-256 (RFC 5869) from the deployment's token key,
// one key per purpose.
import { hkdfSync } from 'node:crypto'
import { lengthPrefixed } from '../length-prefixed.ts'

/** Derives 32 bytes from the token key for the purpose and identity that `info` names. */
export function deriveKey(tokenKey: Uint8Array, info: string[]): Buffer {
  return Buffer.from(hkdfSync('sha256', tokenKey, '', lengthPrefixed(info), 32))
}

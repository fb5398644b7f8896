// Keys are derived, never stored: HKDF-SHA-256 (RFC 5869) from the deployment's token key or index
// key, one key per purpose.
import { hkdfSync } from 'node:crypto'
import { lengthPrefixed } from '../length-prefixed.ts'

/** Derives 32 bytes from a secret key for the purpose and identity that `info` names. */
export function deriveKey(secretKey: Uint8Array, info: string[]): Buffer {
  return Buffer.from(hkdfSync('sha256', secretKey, '', lengthPrefixed(info), 32))
}

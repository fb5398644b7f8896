// Keys are derived, never stored: HKDF-SHA-256 (RFC 5869) from the deployment's token key, one key per
// purpose. Parts are length-prefixed, so that no two different lists of parts give the same bytes.
import { hkdfSync } from 'node:crypto'

/** Joins strings as UTF-8, each behind its length in 4 bytes. */
export function lengthPrefixed(parts: string[]): Buffer {
  const lengths = parts.map(part => Buffer.byteLength(part))
  const joined = Buffer.allocUnsafe(lengths.reduce((sum, length) => sum + 4 + length, 0))
  let at = 0
  for (const [n, part] of parts.entries()) {
    at = joined.writeUInt32BE(lengths[n] ?? 0, at)
    at += joined.write(part, at)
  }
  return joined
}

/** Derives 32 bytes from the token key for the purpose and identity that `info` names. */
export function deriveKey(tokenKey: Uint8Array, info: string[]): Buffer {
  return Buffer.from(hkdfSync('sha256', tokenKey, '', lengthPrefixed(info), 32))
}

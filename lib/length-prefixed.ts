/**
 * Joins strings as UTF-8, each after its length in 4 bytes. No two different lists give the same
 * bytes, so the result can be hashed or signed.
 */
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

// SHA-256 and HMAC-SHA-256 for the AWS SDK's signatures; a class, because the SDK asks for a
// constructor. Its own class passes the secret to node:crypto as bare bytes, which costs twenty
// times the HMAC itself.
import { createHmac, createSecretKey, hash, type KeyObject } from 'node:crypto'

type Source = string | ArrayBuffer | ArrayBufferView

/** The SDK signs the requests of a day with the same key, in the same array. */
const keys = new WeakMap<object, KeyObject>()

/** One hash; with a secret, one HMAC. */
export class Sha256 {
  #parts: Buffer[] = []
  #key: KeyObject | null

  constructor(secret?: Source) {
    this.#key = secret === undefined ? null : keyOf(secret)
  }

  update(data: Source): void {
    this.#parts.push(bytesOf(data))
  }

  async digest(): Promise<Uint8Array> {
    const data = Buffer.concat(this.#parts)
    if (this.#key === null) return hash('sha256', data, 'buffer')
    return createHmac('sha256', this.#key).update(data).digest()
  }

  reset(): void {
    this.#parts = []
  }
}

function keyOf(secret: Source): KeyObject {
  if (typeof secret === 'string') return createSecretKey(bytesOf(secret))
  const kept = keys.get(secret) ?? createSecretKey(bytesOf(secret))
  keys.set(secret, kept)
  return kept
}

function bytesOf(data: Source): Buffer {
  if (typeof data === 'string') return Buffer.from(data, 'utf8')
  if (data instanceof ArrayBuffer) return Buffer.from(data)
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength)
}

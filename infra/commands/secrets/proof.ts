// The keys of proofs: the first one signs at once; a new one is published first, and signs once
// verifiers have read it; a dropped one is gone.
import { generateKeyPairSync } from 'node:crypto'
import {
  type KeptProofKey,
  keyAt,
  type PublicJwk,
  parseProofKeys,
  publicJwk,
  readPrivateKey,
  signingKeys,
} from '../../../lib/proof/key.ts'
import type { Values } from './values.ts'

/** What is asked of the keys. */
export type ProofKeyChange = 'none' | 'new' | 'drop'

/** API Gateway keeps public keys for two hours; the functions take up new ones in five minutes. */
const publishedMs = 2 * 3_600_000 + 300_000

/** Returns the values of both secrets; none where proofs are off and were off. */
export function proofValues(
  { OTP_PROOF_KEYS: kept, OTP_PROOF_PUBLIC_KEYS: published }: Values,
  { isOn, change, now }: { isOn: boolean; change: ProofKeyChange; now: number },
): Values {
  if (!isOn && change !== 'none') {
    throw new Error('Proofs are off: set OTP_PROOF_ISSUER in the file of the stage first.')
  }
  if (!kept) return isOn ? valuesOf([draw(now)]) : {}
  if (!isOn) return { OTP_PROOF_KEYS: kept, ...(published && { OTP_PROOF_PUBLIC_KEYS: published }) }
  if (change === 'drop') return valuesOf([draw(now)])
  if (change === 'none') return publishedAnew(kept)
  const next = parseProofKeys(kept).find(({ from }) => from > now)
  if (next !== undefined) {
    throw new Error(`A new proof key is published already, and signs from ${when(next.from)} on.`)
  }
  return valuesOf([signer(kept, now), draw(now + publishedMs)])
}

/** Lost public keys come back so; all else is as it was. Throws at what no function can read. */
function publishedAnew(secret: string): Values {
  try {
    return valuesOf(parseProofKeys(secret))
  } catch (error) {
    throw new Error(`${(error as Error).message.replace(/\.$/, '')}: --drop-proof-key makes one.`)
  }
}

/** Says where a rotation stands. */
export function describeProofKeys(secret: string, now: number): string {
  const keys = signingKeys(secret)
  const { kid } = keyAt(keys, now)
  const next = keys.find(({ from }) => from > now)
  const coming = next === undefined ? '' : `; ${short(next.kid)} signs from ${when(next.from)} on`
  return `${short(kid)} signs${coming}`
}

function short(kid: string): string {
  return `key ${kid.slice(0, 8)}`
}

function when(at: number): string {
  return `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`
}

function draw(from: number): KeptProofKey {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const key = privateKey.export({ format: 'der', type: 'pkcs8' }).toString('base64')
  return { from, key }
}

function signer(secret: string, now: number): KeptProofKey {
  const { kid } = keyAt(signingKeys(secret), now)
  const found = parseProofKeys(secret).find(one => publicOf(one).kid === kid)
  if (found === undefined) throw new Error('There is no proof key that signs.')
  return found
}

function publicOf({ key }: KeptProofKey): PublicJwk {
  return publicJwk(readPrivateKey(key))
}

function valuesOf(keys: KeptProofKey[]): Values {
  return {
    OTP_PROOF_PUBLIC_KEYS: JSON.stringify({ keys: keys.map(publicOf) }),
    OTP_PROOF_KEYS: JSON.stringify(keys),
  }
}

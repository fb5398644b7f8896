// Keys that sign proofs.
import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import type { KeptProofKey } from '../../lib/proof/key.ts'

/** Draws a private key. */
export function drawProofKey(): KeyObject {
  return generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
}

/** A key as OTP_PROOF_KEYS keeps it. */
export function keptProofKey(privateKey: KeyObject, from = 0): KeptProofKey {
  return { from, key: privateKey.export({ format: 'der', type: 'pkcs8' }).toString('base64') }
}

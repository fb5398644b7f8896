// A signed proof of a verification (RFC 7519, RS256): that the holder of this device typed a token
// at this time, for this audience and transaction. All of it comes out of the item and the request,
// so that a retry gets the identical one. It says nothing of who is logged in.
import { sign } from 'node:crypto'
import { type DeviceItem, lastUsedAt, numberSince } from '../device/device.ts'
import type { ProofSettings } from '../settings/proof.ts'
import type { Secrets } from '../settings/secrets.ts'
import { rfc3339 } from '../time.ts'
import { useOf } from './expressions.ts'
import { keyAt, type SigningKey, signingKeys } from './key.ts'
import { isViaTest, methodOf } from './via.ts'

/** What a proof is asked for. */
export interface ProofRequest {
  audience: string
  /** The caller's transaction; null is none. */
  nonce: string | null
  /** Whether the audience takes proofs of test numbers. */
  forTests: boolean
}

/** A verifier's clock may be late. */
const earlierSeconds = 30

/** A proof, as the answer to a verification has it. */
export interface Proof {
  proof: string
  /** RFC 3339. */
  proofExpiresAt: string
}

/**
 * Makes what proves an accepted attempt by its name. The keys are read first, so that a
 * misconfiguration costs nobody a token: throws `not_configured`. A test number has no proof, but
 * for an audience of tests.
 */
export function prover(
  request: ProofRequest,
  settings: ProofSettings,
  { OTP_PROOF_KEYS: secret }: Secrets,
): (device: DeviceItem, attempt: string) => Proof | null {
  const keys = signingKeys(secret)
  return (device, attempt) => prove(device, attempt, request, { settings, keys })
}

function prove(
  device: DeviceItem,
  attempt: string,
  { audience, nonce, forTests }: ProofRequest,
  { settings, keys }: { settings: ProofSettings; keys: readonly SigningKey[] },
): Proof | null {
  const { via, enrolled } = useOf(device, attempt)
  const ofTest = isViaTest(via) || device.challenge.test === true
  if (ofTest && !forTests) return null
  const usedAt = lastUsedAt(device)
  const iat = Math.floor(usedAt / 1000)
  const since = Math.floor(numberSince(device) / 1000)
  const exp = iat + settings.validitySeconds
  const method = ofTest ? null : methodOf(via)
  const { kid, privateKey } = keyAt(keys, usedAt)
  const claims = {
    iss: settings.issuer,
    aud: audience,
    sub: device.userId,
    device_id: device.deviceId,
    ...(since > 0 && { device_since: since }),
    iat,
    auth_time: iat,
    nbf: iat - earlierSeconds,
    exp,
    jti: attempt,
    amr: method === null ? ['otp'] : ['otp', method],
    scope: enrolled ? 'otp:enrolled' : 'otp:verified',
    ...(nonce !== null && { nonce }),
    ...(settings.acr !== null && { acr: settings.acr }),
    ...(settings.showsNumber && { phone_number: device.number, phone_number_verified: true }),
    ...(ofTest && { test: true }),
  }
  const signed = [{ alg: 'RS256', typ: 'JWT', kid }, claims].map(encode).join('.')
  const signature = sign('RSA-SHA256', Buffer.from(signed), privateKey).toString('base64url')
  return { proof: `${signed}.${signature}`, proofExpiresAt: rfc3339(exp * 1000) }
}

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url')
}

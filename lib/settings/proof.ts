// OTP_PROOF_ISSUER and the settings of signed proofs; without an issuer there are none.
import { type Environment, flag, httpsUrl, integer, misconfigured, text } from './read.ts'

/** How a verification is proved. */
export interface ProofSettings {
  /** Who signs, character for character as verifiers compare it; no slash at its end. */
  issuer: string
  validitySeconds: number
  /** The `acr` of every proof; null leaves it out. */
  acr: string | null
  /** Whether a proof holds the number. */
  showsNumber: boolean
}

const longestAcr = 128

/** Reads them; null where proofs are off. Throws `not_configured`. */
export function proofSettings(env: Environment = process.env): ProofSettings | null {
  const issuer = httpsUrl(env, 'OTP_PROOF_ISSUER')
  const validitySeconds = integer(env, 'OTP_PROOF_VALIDITY', { min: 30, max: 3600, byDefault: 300 })
  const acr = text(env, 'OTP_PROOF_ACR')
  if (acr !== null && (acr.length > longestAcr || !/^[!-~]+$/.test(acr))) {
    throw misconfigured('OTP_PROOF_ACR', 'at most 128 printable characters without spaces')
  }
  const showsNumber = flag(env, 'OTP_PROOF_NUMBER')
  return issuer === null ? null : { issuer, validitySeconds, acr, showsNumber }
}

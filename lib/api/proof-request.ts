// What a verification is asked to prove: for whom, and of which transaction.
import { Problem } from '../problem.ts'
import type { ProofRequest } from '../proof/proof.ts'
import type { ProofSettings } from '../settings/proof.ts'
import type { Principal } from './api-key.ts'

/**
 * Reads it, before anything is attempted; null where no proof is asked for. Throws
 * `audience_not_allowed` or `invalid_body`.
 */
export function proofRequest(
  { audiences = [], testAudiences = [] }: Principal,
  body: { audience?: string; nonce?: string },
  settings: ProofSettings | null,
): ProofRequest | null {
  const { audience, nonce = null } = body
  if (audience === undefined) {
    if (nonce === null) return null
    throw new Problem('invalid_body', 'The nonce goes with an audience.')
  }
  const forTests = testAudiences.includes(audience)
  if (settings === null || !(forTests || audiences.includes(audience))) {
    throw new Problem(
      'audience_not_allowed',
      settings === null
        ? 'Proofs are switched off here.'
        : 'The API key may not ask for proofs for this audience.',
    )
  }
  return { audience, nonce, forTests }
}

/** What an Idempotency-Key is bound to besides the token. */
export function boundToProof(request: ProofRequest | null): string {
  return request === null ? '' : `.${JSON.stringify([request.audience, request.nonce])}`
}

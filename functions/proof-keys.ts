// GET /.well-known/jwks.json: the public keys of proofs. It can read no private one.
import { endpoint } from '../lib/api/endpoint.ts'
import * as operation from '../lib/api/operations.ts'
import { cacheable } from '../lib/api/response.ts'
import { Problem } from '../lib/problem.ts'
import { parsePublicKeys } from '../lib/proof/key.ts'
import { proofSettings } from '../lib/settings/proof.ts'

export const handler = endpoint(operation.proofKeys, async ({ secrets }) => {
  if (proofSettings() === null)
    throw new Problem('route_not_found', 'Proofs are switched off here.')
  return cacheable(parsePublicKeys((await secrets.load()).OTP_PROOF_PUBLIC_KEYS))
})

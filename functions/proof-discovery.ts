// GET /.well-known/openid-configuration: who signs proofs, and where the keys are (OpenID Connect
// Discovery 1.0 §4), as API Gateway and others read it.
import { endpoint } from '../lib/api/endpoint.ts'
import * as operation from '../lib/api/operations.ts'
import { cacheable } from '../lib/api/response.ts'
import { Problem } from '../lib/problem.ts'
import { proofSettings } from '../lib/settings/proof.ts'

export const handler = endpoint(operation.proofDiscovery, async () => {
  const settings = proofSettings()
  if (settings === null) throw new Problem('route_not_found', 'Proofs are switched off here.')
  const { issuer } = settings
  return cacheable({
    issuer,
    jwks_uri: `${issuer}/.well-known/jwks.json`,
    id_token_signing_alg_values_supported: ['RS256'],
    subject_types_supported: ['public'],
    response_types_supported: ['none'],
  })
})

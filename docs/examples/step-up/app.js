// A second service: its /transfer lets in only who verified a token within five minutes, for this
// transfer, once. `authorize` checks a proof as the JWT authorizer of API Gateway does; in AWS that is
// the configuration of serverless.yml beside this file, and this function is not needed.
import { createServer } from 'node:http'
import { json } from 'node:stream/consumers'
import { JwtRsaVerifier } from 'aws-jwt-verify'

const longestAgeSeconds = 300

/**
 * Makes the service. `sessions` finds the user of a session cookie, as yours does. `fetchKeys` is for
 * an issuer without TLS, on one's own machine.
 */
export function createApp({ issuer, audience, sessions, now = Date.now, fetchKeys }) {
  const verifier = JwtRsaVerifier.create({
    issuer,
    audience,
    jwksUri: `${issuer}/.well-known/jwks.json`,
  })
  /** The proofs that were used, until they end: yours is a table with a time to live. */
  const used = new Map()

  /** What API Gateway checks: signature, issuer, audience, time and the scope of the route. */
  const authorize = async proof => {
    if (fetchKeys) verifier.cacheJwks(await fetchKeys())
    return verifier.verify(proof, { scope: 'otp:verified' })
  }

  /** What only the service knows: whose session it is, and which transaction. */
  function refuse(claims, { user, transfer }) {
    if (claims.sub !== user) return 'another_user'
    if (claims.nonce !== transfer) return 'another_transfer'
    if (now() / 1000 - claims.auth_time > longestAgeSeconds) return 'too_old'
    for (const [jti, exp] of used) if (exp < now() / 1000) used.delete(jti)
    if (used.has(claims.jti)) return 'used_before'
    used.set(claims.jti, claims.exp)
    return null
  }

  return createServer(async (request, response) => {
    const answer = (status, body) => {
      response.writeHead(status, { 'content-type': 'application/json' })
      response.end(JSON.stringify(body))
    }
    const user = sessions.get(request.headers.cookie)
    if (request.url !== '/transfer' || request.method !== 'POST') return answer(404, {})
    if (user === undefined) return answer(401, { code: 'no_session' })
    const { transfer } = await json(request).catch(() => ({}))
    const proof = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1]
    if (proof === undefined) return answer(401, { code: 'no_proof' })
    const claims = await authorize(proof).catch(() => null)
    if (claims === null) return answer(401, { code: 'no_good_proof' })
    const code = refuse(claims, { user, transfer })
    answer(code === null ? 200 : 403, code === null ? { transferred: transfer } : { code })
  })
}

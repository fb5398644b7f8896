// What API Gateway's JWT authorizer checks, for serverless-offline, which would not look at the
// signature: who signed, for whom, from when to when, and the scope of the route. On AWS this file is
// not there. See the HTTP API guide of AWS, "JWT authorizers".
const { createRemoteJWKSet, jwtVerify } = require('jose')

const { PROOF_ISSUER: issuer } = process.env
const audience = 'transfer'
let keys

/** Returns the claims of a proof. Throws where API Gateway answers 401. */
async function check(proof) {
  keys ??= createRemoteJWKSet(new URL((await discover()).jwks_uri))
  const { payload } = await jwtVerify(proof, keys, { issuer, audience, algorithms: ['RS256'] })
  return payload
}

async function discover() {
  return (await fetch(`${issuer}/.well-known/openid-configuration`)).json()
}

const refuse = (h, statusCode, message) => h.response({ message }).code(statusCode).takeover()

function makeStrategy({ authorizer: { scopes } }, functionKey) {
  async function authenticate({ headers }, h) {
    const [, proof = ''] = /^Bearer (.+)$/.exec(headers.authorization ?? '') ?? []
    const claims = await check(proof).catch(() => null)
    if (claims === null) return refuse(h, 401, 'Unauthorized')
    const given = String(claims.scope ?? '').split(' ')
    if (!scopes.some(scope => given.includes(scope))) return refuse(h, 403, 'Forbidden')
    return h.authenticated({ credentials: {} })
  }
  const name = `proof-${functionKey}`
  return { name, scheme: name, getAuthenticateFunction: () => ({ authenticate }) }
}

module.exports = makeStrategy

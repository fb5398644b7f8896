// Whether verifiers find what they check proofs by: every key that signs is published, and the
// issuer answers with both documents. API Gateway reads them when an authorizer is deployed.
import { parsePublicKeys, signingKeys } from '../../../lib/proof/key.ts'
import type { Secrets } from '../../../lib/settings/secrets.ts'
import { readJson } from '../read.ts'
import type { Stage } from '../stage.ts'
import { type Finding, failed } from './finding.ts'

interface Asked {
  /** Null where proofs are off, or the settings are not understood. */
  issuer: string | null
  /** How long each answer may take. */
  deadlineMs: number
  stage: Stage
}

/** Looks at them; nothing where proofs are off. */
export async function checkProofs(
  secrets: Secrets,
  { issuer, deadlineMs, stage }: Asked,
): Promise<Finding[]> {
  if (issuer === null) return []
  const published = kidsOf(() => parsePublicKeys(secrets.OTP_PROOF_PUBLIC_KEYS).keys)
  const signing = kidsOf(() => signingKeys(secrets.OTP_PROOF_KEYS))
  const check = { issuer, published, deadlineMs, stage }
  return [checkKeys(signing, published, stage), await checkIssuer(check)]
}

/** Null where they are not there, or not understood. */
function kidsOf(read: () => { kid: string }[]): string[] | null {
  try {
    return read().map(({ kid }) => kid)
  } catch {
    return null
  }
}

function checkKeys(signing: string[] | null, published: string[] | null, stage: Stage): Finding {
  const what = 'proof keys'
  if (signing === null || published === null) {
    return { what, state: 'not checked', said: 'they are not there, or not understood' }
  }
  const unpublished = signing.filter(kid => !published.includes(kid))
  if (unpublished.length === 0) return { what, state: 'ok', said: 'all that sign are published' }
  const said = `OTP_PROOF_PUBLIC_KEYS lacks ${named(unpublished)}, so that no verifier takes its proofs`
  return failed(what, said, `npm run secrets -- --stage ${stage.name} publishes it`)
}

async function checkIssuer({
  issuer,
  published,
  deadlineMs,
  stage,
}: Asked & { issuer: string; published: string[] | null }): Promise<Finding> {
  const what = 'proof issuer'
  const elsewhere = `let OTP_PROOF_ISSUER be the URL of this API, and npm run deploy -- --stage ${stage.name}`
  const discovery = `${issuer}/.well-known/openid-configuration`
  const found = await readJson(discovery, { deadlineMs })
  if (found.status !== 200) return failed(what, `${discovery} ${found.words}`, elsewhere)
  const { issuer: given, jwks_uri: keysUrl } = found.body
  if (given !== issuer || typeof keysUrl !== 'string') {
    return failed(what, `${discovery} is not of OTP_PROOF_ISSUER`, elsewhere)
  }
  const served = await readJson(keysUrl, { deadlineMs })
  const keys = Array.isArray(served.body.keys) ? served.body.keys : null
  if (served.status !== 200 || keys === null) {
    return failed(what, `${keysUrl} ${served.words}`, 'the log of proof-keys says why')
  }
  const missing = (published ?? []).filter(kid => !keys.some(key => Object(key).kid === kid))
  if (missing.length > 0) {
    const said = `${keysUrl} has no ${named(missing)}`
    return failed(what, said, 'wait five minutes, in which functions take up new secrets')
  }
  return { what, state: 'ok', said: `${issuer} answers, with ${keys.length} of the keys` }
}

function named(kids: string[]): string {
  return `key ${kids.map(kid => kid.slice(0, 8)).join(' and ')}`
}

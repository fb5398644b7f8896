// Whether the secrets of a stage are there, can be decrypted, and are what the functions
// understand.
import { GetParameterCommand } from '@aws-sdk/client-ssm'
import { parseApiKeys } from '../../../lib/api/api-key.ts'
import { parsePublicKeys } from '../../../lib/proof/key.ts'
import type { DeliverySettings } from '../../../lib/settings/delivery.ts'
import type { Environment } from '../../../lib/settings/read.ts'
import {
  type SecretName,
  type Secrets,
  secretNames,
  twilioCredentials,
} from '../../../lib/settings/secrets.ts'
import { isKeyName, keys } from '../secrets/keys.ts'
import { describeProofKeys } from '../secrets/proof.ts'
import type { AwsError, Stage } from '../stage.ts'
import { type Finding, failed, unanswered } from './finding.ts'
import { judgeTestNumbers } from './test-numbers.ts'

/** A secret as it was found. */
export interface FoundSecret {
  name: SecretName
  /** Null where there is none, or none that can be read. */
  value: string | null
  finding: Finding
}

/** What it comes to that an optional one is not there; of callbacks there is a line besides. */
const withoutOptional: Partial<Record<SecretName, string>> = {
  OTP_TWILIO_API_KEY: "none: the account's own auth token is used",
  OTP_TWILIO_SIGNATURE_TOKEN: 'none',
  OTP_TWILIO_TEST_NUMBERS: 'none: every number is sent to',
}

/** Where secrets are looked for, and by whom they are needed. */
interface Place {
  /** Of the deployed function. */
  env: Environment
  stage: Stage
  /** Null where they are not understood. */
  settings: DeliverySettings | null
}

/**
 * Reads and judges each secret by itself: one that cannot be decrypted hides no other. Those of
 * proofs are looked at where proofs are on.
 */
export function readSecrets(place: Place): Promise<FoundSecret[]> {
  const looked = secretNames.filter(
    name => place.env.OTP_PROOF_ISSUER || !name.startsWith('OTP_PROOF_'),
  )
  return Promise.all(looked.map(name => readSecret(name, place)))
}

/** Those that were found, as the functions have them. */
export function secretsOf(found: FoundSecret[]): Secrets {
  return Object.fromEntries(
    found.flatMap(({ name, value }) => (value === null ? [] : [[name, value]])),
  )
}

async function readSecret(name: SecretName, where: Place): Promise<FoundSecret> {
  const { env, stage } = where
  const inEnvironment = env[name]?.trim()
  if (inEnvironment) {
    const value = inEnvironment
    const finding = judge(name, value, stage)
    return { name, value, finding: { ...finding, said: `${finding.said}, in the environment` } }
  }
  if (!env.OTP_SSM_PATH) return { name, value: null, finding: missing(name, where) }
  const place = `${env.OTP_SSM_PATH}/${name}`
  try {
    const command = new GetParameterCommand({ Name: place, WithDecryption: true })
    const { Parameter = {} } = await stage.ssm.send(command)
    const value = Parameter.Value?.trim() || null
    if (value === null) return { name, value, finding: missing(name, where) }
    if (Parameter.Type !== 'SecureString') {
      const said = `is a ${Parameter.Type} in clear, not a SecureString`
      const finding = failed(name, said, `delete it, then ${writerOf(name, stage)}`)
      return { name, value, finding }
    }
    return { name, value, finding: judge(name, value, stage) }
  } catch (error) {
    if ((error as AwsError).name === 'ParameterNotFound') {
      return { name, value: null, finding: missing(name, where) }
    }
    const permission = 'ssm:GetParameter (or kms:Decrypt with its key)'
    const finding = unanswered(name, error as AwsError, { stage, permission, place })
    return { name, value: null, finding }
  }
}

function missing(name: SecretName, { stage, settings }: Place): Finding {
  if (settings?.noDelivery && name.startsWith('OTP_TWILIO_')) {
    return { what: name, state: 'ok', said: 'none, and OTP_TWILIO_NO_DELIVERY is on' }
  }
  const said = withoutOptional[name]
  return said === undefined
    ? failed(name, 'is missing', writerOf(name, stage))
    : { what: name, state: 'ok', said }
}

/** The rules of the functions themselves. */
function judge(name: SecretName, value: string, stage: Stage): Finding {
  try {
    if (name === 'OTP_TWILIO_TEST_NUMBERS') {
      const { mend, ...judged } = judgeTestNumbers(value, Date.now())
      return { what: name, ...judged, ...(mend && { mend: `${mend}: ${writerOf(name, stage)}` }) }
    }
    return { what: name, state: 'ok', said: describe(name, value) }
  } catch (error) {
    const said = (error as Error).message.replace(/\.$/, '').replace(`${name} `, '')
    return failed(name, said, mendOf(name, stage))
  }
}

/** Of a value that is not understood. */
function mendOf(name: SecretName, stage: Stage): string {
  const writer = writerOf(name, stage)
  if (isKeyName(name)) return `${writer} --${keys[name].flag}`
  if (name === 'OTP_PROOF_KEYS') return `${writer} --drop-proof-key`
  return name === 'OTP_API_KEYS' ? `delete it, then ${writer}` : writer
}

/** What can be said of a value without telling it; throws at one that is none. */
function describe(name: SecretName, value: string): string {
  if (isKeyName(name)) {
    keys[name].read({ [name]: value })
    return 'is 32 bytes'
  }
  if (name === 'OTP_PROOF_KEYS') return describeProofKeys(value, Date.now())
  if (name === 'OTP_PROOF_PUBLIC_KEYS') {
    const { keys } = parsePublicKeys(value)
    return `has ${keys.map(({ kid }) => kid.slice(0, 8)).join(' and ')}`
  }
  if (name === 'OTP_API_KEYS') {
    const keys = parseApiKeys(value)
    if (keys.length === 0) throw new Error('has no keys, so that nobody gets in.')
    return `has ${keys.length} ${keys.length === 1 ? 'key' : 'keys'}`
  }
  if (name === 'OTP_TWILIO_ACCOUNT') {
    twilioCredentials({ OTP_TWILIO_ACCOUNT: value, OTP_TWILIO_AUTH: 'any' })
  }
  return 'is there'
}

function writerOf(name: SecretName, { name: stage }: Stage): string {
  return name === 'OTP_API_KEYS'
    ? `npm run api-key -- --stage ${stage} --name <name> --scopes <scope,...>`
    : `npm run secrets -- --stage ${stage}`
}

// What is fixed about one operation of the API.
import type { GenericSchema } from 'valibot'
import type { Environment } from '../settings/read.ts'
import type { SecretName } from '../settings/secrets.ts'
import type { Scope } from './api-key.ts'

/** Checks an object, and refuses members that it does not know. */
export type ObjectSchema = GenericSchema<Record<string, unknown>>

/** What is the same for every request of an operation. */
export interface Operation {
  /** The name of its function. */
  name: string
  /** Method and path; `$default` takes every request that no other route takes. */
  route: string
  /**
   * The scope that the caller needs. `any key` takes every known key, `twilio` needs
   * Twilio's signature.
   */
  access: Scope | 'any key' | 'public' | 'twilio'
  /** The scope that a key with a prefix needs in its place: it is shown its own users alone. */
  accessWithPrefix?: Scope
  /** Null: the body is not read. */
  body: ObjectSchema | null
  /** Null: the query is not read. */
  query: ObjectSchema | null
  /** The secrets that its function reads, besides the API keys that authenticate callers. */
  secrets?: readonly SecretName[]
  /** The longest time until the answer, milliseconds; five seconds by default. */
  deadlineMs?: number
}

/** Returns all secrets that an operation's function reads; of proofs only where they are on. */
export function secretsOf(
  { access, secrets = [] }: Operation,
  { OTP_PROOF_ISSUER: issuer }: Environment,
): SecretName[] {
  const isKeyed = access !== 'public' && access !== 'twilio'
  const all = new Set([...(isKeyed ? ['OTP_API_KEYS' as const] : []), ...secrets])
  return [...all].filter(name => issuer || !name.startsWith('OTP_PROOF_'))
}

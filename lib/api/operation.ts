// What there is to know of one operation of the API.
import type { GenericSchema } from 'valibot'
import type { SecretName } from '../settings/secrets.ts'
import type { Scope } from './api-key.ts'

/** Checks an object with no member that it does not know. */
export type ObjectSchema = GenericSchema<Record<string, unknown>>

/** What is the same for every request of an operation. */
export interface Operation {
  /** The name of its function. */
  name: string
  /** Method and path; `$default` takes what no other route does. */
  route: string
  /** The scope that a caller needs; `any key` asks only for a known one, `twilio` for Twilio's signature. */
  access: Scope | 'any key' | 'public' | 'twilio'
  /** Null is not looked at. */
  body: ObjectSchema | null
  query: ObjectSchema | null
  /** What its function reads, beside the API keys where a caller is known by one. */
  secrets?: readonly SecretName[]
  /** Whatever hangs, the answer is given after so long; five seconds by default. */
  deadlineMs?: number
}

/** All secrets that the function of an operation reads. */
export function secretsOf({ access, secrets = [] }: Operation): SecretName[] {
  const isKeyed = access !== 'public' && access !== 'twilio'
  return [...new Set([...(isKeyed ? ['OTP_API_KEYS' as const] : []), ...secrets])]
}

// The API keys of the suite.
import { hashApiKey, type Scope } from '../../lib/api/api-key.ts'

/** A key with every scope. */
export const apiKey = 'otp_test-key-with-every-scope-00000000000000000'

/** A key with one scope. */
export function keyFor(scope: Scope): string {
  return `otp_test-key-for-${scope}`
}

const all: Scope[] = ['devices:read', 'devices:write', 'challenge', 'verify', 'admin']

/** OTP_API_KEYS with all of them. */
export const keptApiKeys = JSON.stringify([
  { name: 'suite', hash: hashApiKey(apiKey), scopes: all },
  ...all.map(scope => ({ name: scope, hash: hashApiKey(keyFor(scope)), scopes: [scope] })),
])

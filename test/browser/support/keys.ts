// The keys of people who may do less than everything.
import { hashApiKey, type Principal, type Scope } from '../../../lib/api/api-key.ts'

const granted: Record<string, { scopes: Scope[]; prefix?: string }> = {
  reader: { scopes: ['devices:read'] },
  unlocker: { scopes: ['devices:read', 'admin'] },
  acme: { scopes: ['devices:read', 'devices:write', 'challenge', 'verify'], prefix: 'acme:' },
}

/** The key of a person. */
export function keyOf(name: keyof typeof granted): string {
  return `otp${name}`.padEnd(67, '0')
}

/** The keys as the service keeps them. */
export const keptKeys: Principal[] = Object.entries(granted).map(([name, rest]) => ({
  ...{ name, hash: hashApiKey(keyOf(name)) },
  ...rest,
}))

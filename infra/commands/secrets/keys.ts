// The two keys that npm run secrets makes by itself, and what it means to replace one.
import { indexKey, type SecretName, type Secrets, tokenKey } from '../../../lib/settings/secrets.ts'

/** What is known of one key. */
interface Key {
  /** What a sentence calls it. */
  called: string
  /** The flag that replaces it. */
  flag: `new-${string}-key`
  /** What replacing it does. */
  warning: string
  /** Throws at one that no function could use. */
  read(secrets: Secrets): Buffer
}

/** The keys, by the names of their secrets. */
export const keys = {
  OTP_INDEX_KEY: {
    called: 'index key',
    flag: 'new-index-key',
    warning: 'limits on sends start anew, and no single number is always allowed any more',
    read: indexKey,
  },
  OTP_TOKEN_KEY: {
    called: 'token key',
    flag: 'new-token-key',
    warning: 'the tokens in flight end, and for up to five minutes right tokens can be refused',
    read: tokenKey,
  },
} as const satisfies Partial<Record<SecretName, Key>>

/** The name of one of them. */
export type KeyName = keyof typeof keys

/** Whether a secret is one of them. */
export function isKeyName(name: SecretName): name is KeyName {
  return name in keys
}

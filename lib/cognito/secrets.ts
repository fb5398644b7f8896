// The secrets of each trigger: its role allows these, and it reads no others.
import type { SecretName } from '../settings/secrets.ts'

/** The secrets, by trigger. */
export const triggerSecrets = {
  'cognito-define': [],
  'cognito-create': [
    'OTP_INDEX_KEY',
    'OTP_TOKEN_KEY',
    'OTP_TWILIO_ACCOUNT',
    'OTP_TWILIO_API_KEY',
    'OTP_TWILIO_AUTH',
    'OTP_TWILIO_SIGNATURE_TOKEN',
    'OTP_TWILIO_TEST_NUMBERS',
  ],
  'cognito-verify': ['OTP_TOKEN_KEY'],
} as const satisfies Record<string, readonly SecretName[]>

/** The name of a trigger's function. */
export type TriggerName = keyof typeof triggerSecrets

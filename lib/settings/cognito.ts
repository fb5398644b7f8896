// OTP_COGNITO_USER_POOL_ARN and the settings of Cognito's triggers; without a pool there are none.
import { type Environment, integer, matching, oneOf } from './read.ts'

/** The sequences of challenges that a sign-in can be; the server fixes one. */
export const cognitoFlows = ['password-sms', 'sms'] as const

/** A sequence of challenges. */
export type CognitoFlow = (typeof cognitoFlows)[number]

/** How a user pool signs in. */
export interface CognitoSettings {
  /** Null where there is no pool: its functions are not deployed then. */
  userPoolArn: string | null
  flow: CognitoFlow
  /** Wrong answers that one sign-in takes. */
  tries: number
  /** Challenges of one sign-in, those that only send again among them. */
  rounds: number
  /** Before it, nothing is answered that could tell a known name from an unknown one. */
  floorMs: number
}

/** Reads them. Throws `not_configured`. */
export function cognitoSettings(env: Environment = process.env): CognitoSettings {
  return {
    userPoolArn: matching(env, 'OTP_COGNITO_USER_POOL_ARN', {
      form: /^arn:[\w-]+:cognito-idp:[\w-]+:\d{12}:userpool\/[\w-]+_[0-9A-Za-z]+$/,
      expected: 'the ARN of a Cognito user pool',
    }),
    flow: oneOf(env, 'OTP_COGNITO_FLOW', cognitoFlows),
    tries: integer(env, 'OTP_COGNITO_TRIES', { min: 1, max: 10, byDefault: 3 }),
    rounds: integer(env, 'OTP_COGNITO_ROUNDS', { min: 1, max: 20, byDefault: 8 }),
    floorMs: integer(env, 'OTP_COGNITO_FLOOR', { min: 0, max: 3_000, byDefault: 1_500 }),
  }
}

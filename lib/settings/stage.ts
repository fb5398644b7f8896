// What a deploy says of the stage: its name, its tables, and where its secrets are.
import { type Environment, matching } from './read.ts'

/** The stage, or null where none is named. */
export function stageName(env: Environment = process.env): string | null {
  return matching(env, 'OTP_STAGE', {
    form: /^[A-Za-z][A-Za-z0-9-]*$/,
    expected: 'the name of a stage: letters, digits and hyphens',
  })
}

/** The path of the secrets in SSM Parameter Store; null where they are in the environment. */
export function secretsPath(env: Environment = process.env): string | null {
  return matching(env, 'OTP_SSM_PATH', {
    form: /^(\/[\w.-]+)+$/,
    expected: 'a path in SSM Parameter Store, such as /serverless-otp-twilio/prod',
  })
}

/** The tables by name. Not checked: a function connects as it is loaded, when no request could be answered. */
export function tableNames(env: Environment = process.env) {
  return {
    devicesTable: env.DEVICES_TABLE ?? 'devices',
    limitsTable: env.LIMITS_TABLE ?? 'limits',
    trafficTable: env.TRAFFIC_TABLE ?? 'traffic',
  }
}

/** Throws `not_configured` for a name that no table has. */
export function checkTableNames(env: Environment): void {
  for (const name of ['DEVICES_TABLE', 'LIMITS_TABLE', 'TRAFFIC_TABLE']) {
    matching(env, name, { form: /^[\w.-]{3,255}$/, expected: 'the name of a DynamoDB table' })
  }
}

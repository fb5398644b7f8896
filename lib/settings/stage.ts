// What a deploy sets for the stage: its name, its tables, and where its secrets are.
import { type Environment, matching } from './read.ts'

/** The form of the name of a stage or a service. */
export const nameForm = /^[A-Za-z][A-Za-z0-9-]*$/

/** The form of a table's name. */
export const tableNameForm = {
  form: /^[\w.-]{3,255}$/,
  expected: 'the name of a DynamoDB table',
}

/** Reads the name of the stage; null when none is set. Throws `not_configured`. */
export function stageName(env: Environment = process.env): string | null {
  return matching(env, 'OTP_STAGE', {
    form: nameForm,
    expected: 'the name of a stage: letters, digits and hyphens',
  })
}

/**
 * Reads the path of the secrets in SSM Parameter Store; null when they are in the environment.
 * Throws `not_configured`.
 */
export function secretsPath(env: Environment = process.env): string | null {
  return matching(env, 'OTP_SSM_PATH', {
    form: /^(\/[\w.-]+)+$/,
    expected: 'a path in SSM Parameter Store, such as /serverless-otp-twilio/prod',
  })
}

/**
 * Returns the names of the tables. They are not checked: a function connects while it is loaded,
 * when no request could be answered.
 */
export function tableNames(env: Environment = process.env) {
  return {
    devicesTable: env.DEVICES_TABLE ?? 'devices',
    limitsTable: env.LIMITS_TABLE ?? 'limits',
    trafficTable: env.TRAFFIC_TABLE ?? 'traffic',
  }
}

/** Throws `not_configured` for a name that no table can have. */
export function checkTableNames(env: Environment): void {
  for (const name of ['DEVICES_TABLE', 'LIMITS_TABLE', 'TRAFFIC_TABLE']) {
    matching(env, name, tableNameForm)
  }
}

/**
 * Returns the URL of the bucket in which readers of the stream keep what they passed over; null
 * where the stage has none.
 */
export function keptRecordsUrl(env: Environment = process.env): string | null {
  return env.KEPT_RECORDS_URL || null
}

/** Returns who a function is to AWS, and where: Lambda puts both into its environment. */
export function awsCaller(env: Environment = process.env) {
  const { AWS_ACCESS_KEY_ID = '', AWS_SECRET_ACCESS_KEY = '', AWS_SESSION_TOKEN = '' } = env
  return {
    region: env.AWS_REGION ?? '',
    credentials: {
      accessKeyId: AWS_ACCESS_KEY_ID,
      secretAccessKey: AWS_SECRET_ACCESS_KEY,
      ...(AWS_SESSION_TOKEN !== '' && { sessionToken: AWS_SESSION_TOKEN }),
    },
  }
}

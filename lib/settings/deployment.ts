// What only a deploy reads: where it goes, what it is called, whose rules it obeys, which tables it
// works on, and how much it lets in.

import { type Rate, type RateName, rateSettings } from './rates.ts'
import {
  decimal,
  type Environment,
  flag,
  integer,
  matching,
  misconfigured,
  oneOf,
  text,
} from './read.ts'
import { nameForm, tableNameForm } from './stage.ts'

/** How a stage is deployed. A null member takes what is usual. */
export interface DeploymentSettings {
  region: string | null
  /** The first part of every name; two deployments of one stage in one account differ in it. */
  service: string
  /** Whether deletion protection is on, and tables outlive their stack. */
  protectsTables: boolean | null
  /** Tables to work on in place of those that the deploy makes. */
  devicesTable: string | null
  trafficTable: string | null
  alarmEmail: string | null
  /** Dollars. */
  dailyBudget: number
  secretsKeyArn: string | null
  permissionsBoundary: string | null
  tags: Record<string, string>
  rates: Record<RateName, Rate>
  /** Whether the API answers at the URL that API Gateway gives it, too. */
  hasDefaultEndpoint: boolean
  /** How many verifications may run at once, and have their place whatever else runs. */
  verifyConcurrency: number | null
}

/** The name of the service where OTP_SERVICE gives no other. */
export const usualService = 'serverless-otp-twilio'

/** The form of an AWS region. */
export const regionForm = /^[a-z]{2,}(-[a-z]+)+-\d+$/

/** Reads how a stage is deployed. Throws `not_configured`. */
export function deploymentSettings(env: Environment = process.env): DeploymentSettings {
  return {
    region: matching(env, 'OTP_REGION', {
      form: regionForm,
      expected: 'an AWS region such as eu-central-1',
    }),
    service:
      matching(env, 'OTP_SERVICE', {
        form: nameForm,
        expected: 'the name of a service: letters, digits and hyphens',
      }) ?? usualService,
    protectsTables:
      text(env, 'OTP_PROTECT_TABLES') === null ? null : flag(env, 'OTP_PROTECT_TABLES'),
    devicesTable: tableName(env, 'OTP_DEVICES_TABLE'),
    trafficTable: tableName(env, 'OTP_TRAFFIC_TABLE'),
    alarmEmail: matching(env, 'OTP_ALARM_EMAIL', {
      form: /^[^\s@]+@[^\s@]+\.[^\s@]+$/,
      expected: 'an e-mail address',
    }),
    dailyBudget: decimal(env, 'OTP_TWILIO_DAILY_BUDGET', {
      min: 0.01,
      max: 9_999_999,
      byDefault: 400,
    }),
    secretsKeyArn: matching(env, 'OTP_SECRETS_KEY_ARN', {
      form: /^arn:[\w-]+:kms:[\w-]+:\d{12}:key\/[\w-]+$/,
      expected: 'the ARN of a KMS key',
    }),
    permissionsBoundary: matching(env, 'OTP_PERMISSIONS_BOUNDARY', {
      form: /^arn:[\w-]+:iam::(\d{12}|aws):policy\/[\w+=,.@/-]+$/,
      expected: 'the ARN of an IAM policy',
    }),
    tags: tags(env),
    rates: rateSettings(env),
    hasDefaultEndpoint: hasDefaultEndpoint(env),
    verifyConcurrency: verifyConcurrency(env),
  }
}

/** Callbacks and the console need another way in where it is closed. */
function hasDefaultEndpoint(env: Environment): boolean {
  const isOn = oneOf(env, 'OTP_DEFAULT_ENDPOINT', ['on', 'off']) === 'on'
  if (isOn || text(env, 'OTP_PUBLIC_URL') !== null) return isOn
  throw misconfigured('OTP_PUBLIC_URL', 'set where OTP_DEFAULT_ENDPOINT is off')
}

function verifyConcurrency(env: Environment): number | null {
  const name = 'OTP_VERIFY_CONCURRENCY'
  return text(env, name) === null
    ? null
    : integer(env, name, { min: 1, max: 100_000, byDefault: 1 })
}

/** Reads the name of a table. */
function tableName(env: Environment, name: string): string | null {
  return matching(env, name, tableNameForm)
}

/** What AWS takes in a tag; `=` and `,` part them here. */
const tagForm = /^\s*([\w .:/+@-]{1,128})=([\w .:/+@-]{0,256})$/

function tags(env: Environment): Record<string, string> {
  const listed = text(env, 'OTP_TAGS')?.split(',') ?? []
  return Object.fromEntries(
    listed.map(one => {
      const [, key = '', value = ''] = tagForm.exec(one) ?? []
      if (key !== '' && !key.startsWith('aws:')) return [key.trim(), value.trim()]
      throw misconfigured('OTP_TAGS', 'a list such as team=login,cost-center=42')
    }),
  )
}

// What a deployed stage must be. The list of functions, their routes and the roles' statements are read from
// serverless.yml and infra/stack/roles.cjs, which test/integration/stack/package.test.ts holds to the letter; everything else
// is written out.
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { parse } from 'yaml'
import { type Answer, account, region } from './aws.ts'

/** A function as it must be deployed. */
export interface ExpectedFunction {
  name: string
  /** As the report shows it. */
  shape: Record<string, unknown>
  /** Key of its route; null where it reads the stream. */
  route: string | null
  roleDescription: string
  statements: Answer[]
}

const service = 'serverless-otp-twilio'
const longer: Record<string, number> = { challenge: 25 }

/** Reads what must be deployed of a copy of the service. The stream has its ARN from the deploy. */
export async function expectFunctions(
  folder: string,
  stage: string,
  streamArn = '',
): Promise<ExpectedFunction[]> {
  const file = await readFile(join(folder, 'serverless.yml'), 'utf8')
  const { functions } = parse(file) as {
    functions: Record<string, { role: string; events: { httpApi?: string }[] }>
  }
  const roles = await readRoles(folder, stage, streamArn)
  return Object.entries(functions).map(([name, { role, events }]) => {
    const { Description, Policies } = roles[role].Properties
    const [route] = events.map(({ httpApi }) => (httpApi === '*' ? '$default' : httpApi))
    return {
      name,
      shape: {
        runtime: 'nodejs24.x',
        memory: 256,
        timeout: longer[name] ?? 10,
        handler: `functions/${name}.handler`,
      },
      route: route ?? null,
      roleDescription: Description,
      statements: Policies.flatMap((policy: Answer) => policy.PolicyDocument.Statement),
    }
  })
}

/** The environment of every function of a stage, to the letter; the URL is the one that its HTTP API was given. */
export function expectEnvironment(
  { stage, api }: { stage: string; api: Answer },
  given: Record<string, string>,
) {
  return {
    OTP_PUBLIC_URL: api.apiEndpoint,
    DEVICES_TABLE: `${service}-${stage}-devices`,
    LIMITS_TABLE: `${service}-${stage}-limits`,
    TRAFFIC_TABLE: `${service}-${stage}-traffic`,
    OTP_STAGE: stage,
    OTP_SSM_PATH: `/${service}/${stage}`,
    POWERTOOLS_SERVICE_NAME: service,
    POWERTOOLS_METRICS_NAMESPACE: `${service}/${stage}`,
    OTP_TWILIO_URL: '',
    OTP_TWILIO_FROM: '',
    OTP_TWILIO_MESSAGING_SERVICE_SID: '',
    OTP_TWILIO_NO_DELIVERY: '',
    OTP_TWILIO_CHALLENGE_MESSAGE: '',
    OTP_TWILIO_TOKEN_TEMPLATE: '',
    OTP_TWILIO_TOKEN_LENGTH: '',
    OTP_TWILIO_TOKEN_VALIDITY: '300',
    OTP_TWILIO_COOLDOWN: '30',
    OTP_TWILIO_COOLDOWN_MAX: '3600',
    OTP_TWILIO_THROTTLE_FACTOR: '',
    OTP_TWILIO_THROTTLE_MAX: '3600',
    OTP_TWILIO_MAX_FAILURES: '',
    OTP_TWILIO_DEFAULT_COUNTRY: '',
    OTP_TWILIO_ALLOWED_COUNTRIES: '',
    OTP_TWILIO_ROUTES: '',
    OTP_TWILIO_LIMITS: '',
    OTP_TWILIO_LIMIT_NUMBER: '5/600,20/86400',
    OTP_TWILIO_LIMIT_USER: '10/600,40/86400',
    OTP_TWILIO_LIMIT_CLIENT: '100/3600',
    OTP_TWILIO_LIMIT_COUNTRY: '2000/86400',
    OTP_TWILIO_LIMIT_DEPLOYMENT: '100/60,5000/86400',
    OTP_TWILIO_BREAKER: '',
    OTP_TWILIO_BREAKER_PREFIX: '20/10/3600',
    OTP_TWILIO_BREAKER_COUNTRY: '300/3/3600',
    OTP_TWILIO_BREAKER_SECONDS: '',
    OTP_TWILIO_ALWAYS_ALLOW: '',
    OTP_TWILIO_PRICES: '*=0.08',
    OTP_TWILIO_CHANNELS: '',
    OTP_TWILIO_WHATSAPP_FROM: '',
    OTP_TWILIO_WHATSAPP_CONTENT_SID: '',
    OTP_TWILIO_ORIGIN: '',
    OTP_TWILIO_ANDROID_HASH: '',
    OTP_TWILIO_TOKEN_TEMPLATES: '',
    OTP_EVENT_BUS: '',
    ...given,
  }
}

/** The roles as CloudFormation should have made them: with its functions carried out. */
async function readRoles(folder: string, stage: string, streamArn: string): Promise<Answer> {
  const make = createRequire(import.meta.url)(join(folder, 'infra/stack/roles.cjs'))
  const variables: Record<string, string> = {
    'self:service': service,
    'sls:stage': stage,
    'param:secretsPath': `/${service}/${stage}`,
    'param:secretsKeyArn': '',
    'self:provider.environment.OTP_EVENT_BUS': '',
  }
  const { Resources } = await make({ resolveVariable: async (name: string) => variables[name] })
  const tableArn = (name: string) =>
    `arn:aws:dynamodb:${region}:${account}:table/${service}-${stage}-${name}`
  const queueArn = (name: string) => `arn:aws:sqs:${region}:${account}:${service}-${stage}-${name}`
  const values: Record<string, string> = {
    'AWS::Partition': 'aws',
    'AWS::Region': region,
    'AWS::AccountId': account,
    'DevicesTable.Arn': tableArn('devices'),
    'LimitsTable.Arn': tableArn('limits'),
    'TrafficTable.Arn': tableArn('traffic'),
    'DevicesTable.StreamArn': streamArn,
    'TrafficFailures.Arn': queueArn('traffic-failures'),
    'AuditFailures.Arn': queueArn('audit-failures'),
  }
  return JSON.parse(JSON.stringify(Resources), (_, value) => {
    if (value?.['Fn::GetAtt']) return values[value['Fn::GetAtt'].join('.')]
    const template: string | undefined = value?.['Fn::Sub']
    return template ? template.replaceAll(/\$\{(.+?)\}/g, (_, name) => values[name] ?? '') : value
  })
}

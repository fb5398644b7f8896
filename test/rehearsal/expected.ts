// What a deployed stage must be. The list of functions, their routes and the roles' statements are
// read from serverless.yml and infra/stack/roles.cjs, which test/integration/stack/package.test.ts
// holds to the letter; everything else is written out.
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { parse } from 'yaml'
import { shippedSettings } from '../support/shipped.ts'
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

/**
 * Reads what must be deployed of a copy of the service. The tables have their names from the
 * deploy.
 */
export async function expectFunctions(
  folder: string,
  stage: string,
  tables: Record<string, string> = {},
): Promise<ExpectedFunction[]> {
  const file = await readFile(join(folder, 'serverless.yml'), 'utf8')
  const { functions } = parse(file) as {
    functions: Record<string, { role: string; events: { httpApi?: string }[] }>
  }
  const roles = await readRoles(folder, stage, tables)
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

/**
 * The environment of every function of a stage, to the letter; the URL is the one that its HTTP API
 * was given.
 */
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
    ...shippedSettings,
    OTP_EVENT_BUS: '',
    ...given,
  }
}

/** The roles as CloudFormation should have made them: with its functions carried out. */
async function readRoles(
  folder: string,
  stage: string,
  tables: Record<string, string>,
): Promise<Answer> {
  const make = createRequire(import.meta.url)(join(folder, 'infra/stack/roles.cjs'))
  const { Resources } = await make({ resolveVariable: async () => stage })
  const queueArn = (name: string) => `arn:aws:sqs:${region}:${account}:${service}-${stage}-${name}`
  const values: Record<string, string> = {
    'AWS::Partition': 'aws',
    'AWS::Region': region,
    'AWS::AccountId': account,
    ...tables,
    'TrafficFailures.Arn': queueArn('traffic-failures'),
    'AuditFailures.Arn': queueArn('audit-failures'),
  }
  return JSON.parse(JSON.stringify(Resources), (_, value) => {
    if (value?.Ref) return values[value.Ref]
    if (value?.['Fn::GetAtt']) return values[value['Fn::GetAtt'].join('.')]
    const template: string | undefined = value?.['Fn::Sub']
    return template ? template.replaceAll(/\$\{(.+?)\}/g, (_, name) => values[name] ?? '') : value
  })
}

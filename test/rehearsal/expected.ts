// What a deployed stage must be. The list of functions, their routes and the roles' statements are
// read from serverless.yml and infra/stack/roles.cjs, which test/integration/stack/package.test.ts
// holds to the letter; everything else is written out.
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { parse } from 'yaml'
import { settings as shipped } from '../../infra/stack/settings.ts'
import { type Answer, account, region } from './aws.ts'
import type { Deployed, Place } from './deployed.ts'

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

const longer: Record<string, number> = { challenge: 25 }

/** A function of serverless.yml; those of a user pool are made where there is one. */
interface Written {
  role: string
  memorySize?: number
  events?: { httpApi?: string }[]
}

/**
 * Reads what must be deployed of a copy of the service, with its .env.<stage>. The tables have
 * their names from the deploy.
 */
export async function expectFunctions(
  folder: string,
  place: Place,
  tables: Record<string, string> = {},
): Promise<ExpectedFunction[]> {
  const file = await readFile(join(folder, 'serverless.yml'), 'utf8')
  const { functions } = parse(file) as { functions: Record<string, Written | string> }
  const roles = await readRoles(folder, place, tables)
  const make = createRequire(import.meta.url)(join(folder, 'infra/stack/cognito.cjs'))
  const made = await Promise.all(
    Object.entries(functions).map(async ([name, one]): Promise<[string, Written | null]> => {
      const resolveVariable = async () => place.stage
      return [name, typeof one === 'string' ? await make[name]({ resolveVariable }) : one]
    }),
  )
  return made.flatMap(([name, written]) => {
    if (written === null) return []
    const { role, events = [], memorySize = 256 } = written
    const { Description, Policies } = roles[role].Properties
    const [route] = events.map(({ httpApi }) => (httpApi === '*' ? '$default' : httpApi))
    const expected: ExpectedFunction = {
      name,
      shape: {
        runtime: 'nodejs24.x',
        memory: memorySize,
        timeout: longer[name] ?? 10,
        handler: `functions/${name}.handler`,
      },
      route: route ?? null,
      roleDescription: Description,
      statements: Policies.flatMap((policy: Answer) => policy.PolicyDocument.Statement),
    }
    return [expected]
  })
}

/** Which settings a function reads. */
const settingsOf: Record<string, string[]> = createRequire(import.meta.url)(
  '../../infra/stack/function-settings.json',
)

/**
 * The environment of each function of a stage, to the letter: what every one has, and of the
 * settings those that it reads, as they were given or else shipped. The URL is the one that its
 * HTTP API was given.
 */
export function expectEnvironments(
  { place, api, data, outputs }: Pick<Deployed, 'place' | 'api' | 'data' | 'outputs'>,
  given: Record<string, string>,
): Record<string, Record<string, string>> {
  const { service, stage } = place
  const own = {
    DEVICES_TABLE: data.outputs.DevicesTable ?? '',
    LIMITS_TABLE: data.outputs.LimitsTable ?? '',
    TRAFFIC_TABLE: data.outputs.TrafficTable ?? '',
    OTP_STAGE: stage,
    OTP_SSM_PATH: `/${service}/${stage}`,
    POWERTOOLS_SERVICE_NAME: service,
    POWERTOOLS_METRICS_NAMESPACE: `${service}/${stage}`,
  }
  const settings = { ...shipped, OTP_PUBLIC_URL: api.apiEndpoint, ...given }
  // Triggers are made for a user pool alone.
  const made = Object.entries(settingsOf).filter(
    ([name]) => given.OTP_COGNITO_USER_POOL_ARN || !name.startsWith('cognito-'),
  )
  const keeps = { KEPT_RECORDS_URL: `https://${outputs.KeptRecords}.s3.${region}.amazonaws.com/` }
  return Object.fromEntries(
    made.map(([name, read]) => [
      name,
      {
        ...own,
        ...(['audit', 'traffic'].includes(name) && keeps),
        ...Object.fromEntries(
          Object.entries(settings).filter(([one, value]) => read.includes(one) && value !== ''),
        ),
      },
    ]),
  )
}

/** The roles as CloudFormation should have made them: with its functions carried out. */
async function readRoles(
  folder: string,
  place: Place,
  tables: Record<string, string>,
): Promise<Answer> {
  const make = createRequire(import.meta.url)(join(folder, 'infra/stack/roles.cjs'))
  const { Resources } = await make({ resolveVariable: async () => place.stage })
  const values: Record<string, string> = {
    'AWS::Partition': 'aws',
    'AWS::Region': region,
    'AWS::AccountId': account,
    ...tables,
  }
  return JSON.parse(JSON.stringify(Resources), (_, value) => {
    if (value?.Ref) return values[value.Ref]
    if (value?.['Fn::GetAtt']) return values[value['Fn::GetAtt'].join('.')]
    const template: string | undefined = value?.['Fn::Sub']
    return template ? template.replaceAll(/\$\{(.+?)\}/g, (_, name) => values[name] ?? '') : value
  })
}

// The stage that a command works on: its settings, region, credentials and the folder of its
// secrets in SSM; and how a command says in one sentence what is in its way.
import { SSMClient } from '@aws-sdk/client-ssm'
import type { Environment } from '../../lib/settings/read.ts'
import { type Deployment, readDeployment } from '../stack/deployment.ts'
import { regionOf } from '../stack/region.ts'
import type { Deadlines, Run } from './command.ts'

/** The flags that name a stage. */
export const stageFlags = {
  stage: { type: 'string' },
  region: { type: 'string' },
  path: { type: 'string' },
} as const

/** Those flags as they were given. */
export type StageOptions = { [flag in keyof typeof stageFlags]?: string | undefined }

/** A stage that can be asked for its secrets. */
export interface Stage {
  name: string
  /** Its settings and names, checked. */
  deployment: Deployment
  region: string
  /** Where its secrets are in SSM, without a slash at the end. */
  folder: string
  ssm: SSMClient
  /** For the client of another service: the same region, credentials and deadlines. */
  clientOptions(service: Service): ClientOptions & { region: string }
  /** What a sentence calls a parameter. */
  placeOf(parameter: string): string
}

/** As AWS_ENDPOINT_URL_<service> names it. */
type Service =
  | 'CLOUDFORMATION'
  | 'COGNITO_IDENTITY_PROVIDER'
  | 'DYNAMODB'
  | 'DYNAMODB_STREAMS'
  | 'LAMBDA'
  | 'S3'
  | 'SNS'
  | 'SSM'

/** What a client of any service takes. */
interface ClientOptions {
  endpoint?: string
  credentials?: { accessKeyId: string; secretAccessKey: string; sessionToken?: string }
  requestHandler: object
}

/**
 * Returns the stage that was named. None is meant by default: the development stages allow what no
 * other may. Throws one sentence.
 */
export function namedStage({ stage }: StageOptions): string {
  if (stage === undefined) throw new Error('Say --stage <stage>, such as --stage prod.')
  return stage
}

/** Finds region and credentials, and asks AWS nothing yet. */
export async function openStage(
  { region, path, ...named }: StageOptions,
  { env, deadlines }: Pick<Run, 'env' | 'deadlines'>,
): Promise<Stage> {
  const stage = namedStage(named)
  const deployment = readDeployment(stage, env)
  const folder = path ?? deployment.secretsPath
  if (!/^(\/[\w.-]+)+$/.test(folder)) {
    throw new Error(`"${folder}" is not a path such as /serverless-otp-twilio/prod.`)
  }
  const found = await regionOf(region, deployment, env)
  const ssm = new SSMClient({ region: found, ...clientOptions('SSM', env, deadlines) })
  await assertCredentials(ssm)
  return {
    name: stage,
    deployment,
    region: found,
    folder,
    ssm,
    clientOptions: service => ({ region: found, ...clientOptions(service, env, deadlines) }),
    placeOf: parameter => `${folder}/${parameter} (${found})`,
  }
}

/**
 * Endpoint and credentials of the environment. Those that it only leads to, such as a profile's,
 * are found by the SDK, which reads the environment of the process.
 */
function clientOptions(service: Service, env: Environment, deadlines: Deadlines): ClientOptions {
  const endpoint = env[`AWS_ENDPOINT_URL_${service}`] || env.AWS_ENDPOINT_URL
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = env
  const sessionToken = env.AWS_SESSION_TOKEN
  const credentials = accessKeyId &&
    secretAccessKey && { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) }
  return {
    ...(endpoint && { endpoint }),
    // As the SDK has it, a profile wins.
    ...(credentials && !env.AWS_PROFILE && { credentials }),
    requestHandler: {
      connectionTimeout: deadlines.connectMs,
      requestTimeout: deadlines.awsMs,
      // For an answer whose head came and whose body does not.
      socketTimeout: deadlines.awsMs,
      // Without this the SDK only warns.
      throwOnRequestTimeout: true,
    },
  }
}

async function assertCredentials(client: SSMClient): Promise<void> {
  try {
    await client.config.credentials()
  } catch {
    throw new Error('No AWS credentials are found: set AWS_PROFILE, or sign in with aws sso login.')
  }
}

/** What the AWS SDK throws, by whatever layer. */
export type AwsError = NodeJS.ErrnoException & { $metadata?: { httpStatusCode?: number } }

/** The name of a foreign error: its message may quote what was sent. */
export function nameOf({ code, name }: AwsError): string {
  return code ?? name
}

/** CloudFormation and SNS, whose protocols are older, have names of their own for it. */
function isDenied({ name }: AwsError): boolean {
  return ['AccessDeniedException', 'AccessDenied', 'AuthorizationErrorException'].includes(name)
}

function isExpired({ name }: AwsError): boolean {
  return ['ExpiredTokenException', 'ExpiredToken', 'RequestExpired'].includes(name)
}

/** AWS does not know the caller: mistyped, or of another partition. */
function isUnknownCaller({ name }: AwsError): boolean {
  return [
    'UnrecognizedClientException',
    'InvalidSignatureException',
    'SignatureDoesNotMatch',
    'IncompleteSignatureException',
    'InvalidClientTokenId',
    'MissingAuthenticationTokenException',
  ].includes(name)
}

/** Why AWS did not do it, in one sentence; `otherwise` where there is nothing better to say. */
export function failureOf(
  error: AwsError,
  { permission, place, otherwise }: { permission: string; place: string; otherwise: string },
): string {
  const name = nameOf(error)
  if (isDenied(error)) {
    return `AWS denies these credentials ${permission} on ${place}.`
  }
  if (isExpired(error)) return `The AWS credentials have expired (${name}): sign in again.`
  if (isUnknownCaller(error)) {
    return `AWS does not accept these credentials for ${place} (${name}): sign in again, or name the right --region.`
  }
  if (['ENOTFOUND', 'EAI_AGAIN'].includes(name)) {
    return `No AWS is found for ${place} (${name}): is the region right, and is there a network?`
  }
  return otherwise
}

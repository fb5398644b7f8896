// The stage that a command works on: its region, credentials and the folder of its secrets in SSM; and how a
// command says in one sentence what is in its way.
import { type ParseArgsOptionsConfig, parseArgs } from 'node:util'
import { SSMClient } from '@aws-sdk/client-ssm'

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
  region: string
  /** Where its secrets are in SSM, without a slash at the end. */
  folder: string
  ssm: SSMClient
  /** For the clients of other services: the same region, the same deadlines. */
  clientOptions: { region: string; requestHandler: typeof deadlines }
  /** What a sentence calls a parameter. */
  placeOf(parameter: string): string
}

/** Of one try; the SDK makes three at most. */
const deadlines = {
  connectionTimeout: 3000,
  requestTimeout: 5000,
  // For an answer whose head came and whose body does not.
  socketTimeout: 5000,
  // Without this the SDK only warns.
  throwOnRequestTimeout: true,
}

/** Runs a command; what it throws is one sentence for whoever started it. */
export async function runCommand(run: () => Promise<void>): Promise<void> {
  try {
    await run()
  } catch (error) {
    console.error((error as Error).message)
    process.exitCode = 1
  }
}

/** Reads the flags; throws at one that does not exist. */
export function readFlags<T extends ParseArgsOptionsConfig>(options: T) {
  try {
    return parseArgs({ options }).values
  } catch (error) {
    const [sentence] = (error as Error).message.split(/\.\s|\n/)
    throw new Error(`${sentence}; --help shows what there is.`)
  }
}

/** Finds region and credentials, and asks AWS nothing yet. */
export async function openStage({ stage, region, path }: StageOptions): Promise<Stage> {
  if (stage === undefined) throw new Error('Say --stage <stage>, such as --stage prod.')
  if (!/^[\w-]+$/.test(stage)) throw new Error(`"${stage}" is not a stage such as prod.`)
  const folder = path ?? `/serverless-otp-twilio/${stage}`
  if (!/^(\/[\w.-]+)+$/.test(folder)) {
    throw new Error(`"${folder}" is not a path such as /serverless-otp-twilio/prod.`)
  }
  // The client would call an empty one missing.
  if (region !== undefined) assertRegion(region)
  const ssm = new SSMClient({ ...(region !== undefined && { region }), requestHandler: deadlines })
  const found = await regionOf(ssm)
  await assertCredentials(ssm)
  return {
    name: stage,
    region: found,
    folder,
    ssm,
    clientOptions: { region: found, requestHandler: deadlines },
    placeOf: parameter => `${folder}/${parameter} (${found})`,
  }
}

async function regionOf(client: SSMClient): Promise<string> {
  const region = await client.config.region().catch(() => {
    throw new Error('No AWS region is known: pass --region or set AWS_REGION.')
  })
  assertRegion(region)
  return region
}

function assertRegion(region: string): void {
  if (/^[a-z]{2,}(-[a-z]+)+-\d+$/.test(region)) return
  throw new Error(`"${region}" is not an AWS region such as eu-central-1.`)
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

function isExpired({ name }: AwsError): boolean {
  return ['ExpiredTokenException', 'ExpiredToken', 'RequestExpired'].includes(name)
}

/** AWS does not know the caller: mistyped, or of another partition. */
function isUnknownCaller({ name }: AwsError): boolean {
  return [
    'UnrecognizedClientException',
    'InvalidSignatureException',
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
  if (error.name === 'AccessDeniedException') {
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

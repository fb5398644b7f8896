// The region of a stage, the same for every command and for the deploy.
import { SSMClient } from '@aws-sdk/client-ssm'
import { regionForm } from '../../lib/settings/deployment.ts'
import type { Environment } from '../../lib/settings/read.ts'
import type { Deployment } from './deployment.ts'

/**
 * Returns the region: the flag's, else that of OTP_REGION, else of AWS_REGION or
 * AWS_DEFAULT_REGION, else the AWS profile's. Throws one sentence where none is known.
 */
export async function regionOf(
  flag: string | undefined,
  { stage, given }: Pick<Deployment, 'stage' | 'given'>,
  env: Environment,
): Promise<string> {
  const named = flag ?? given.OTP_REGION ?? env.AWS_REGION ?? env.AWS_DEFAULT_REGION
  const region = named ?? (await profileRegion())
  if (region === undefined || (region === '' && flag === undefined)) {
    const places = `pass --region, or set OTP_REGION in .env.${stage}, or AWS_REGION`
    throw new Error(`No AWS region is known: ${places}.`)
  }
  if (regionForm.test(region)) return region
  throw new Error(`"${region}" is not an AWS region such as eu-central-1.`)
}

/** The SDK finds it where the process's environment leads. */
async function profileRegion(): Promise<string | undefined> {
  return new SSMClient({}).config.region().catch(() => undefined)
}

// What was deployed, as the configuration of the challenge function tells it: it has every setting.
import { GetFunctionConfigurationCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { readAllSettings } from '../../../lib/settings/all.ts'
import type { Channel } from '../../../lib/settings/channels.ts'
import type { Routes } from '../../../lib/settings/countries.ts'
import type { DeliverySettings } from '../../../lib/settings/delivery.ts'
import type { MessageSettings } from '../../../lib/settings/messages.ts'
import type { Environment } from '../../../lib/settings/read.ts'
import type { SignatureKey } from '../../../lib/settings/signature-key.ts'
import { type AwsError, failureOf, nameOf, type Stage } from '../stage.ts'
import { type Finding, failed } from './finding.ts'

/** The deployed challenge function. */
export interface Deployed {
  env: Environment
  arn: string
  finding: Finding
}

/** Reads the function; throws one sentence when there is none, or when it cannot be read. */
export async function readDeployed(stage: Stage): Promise<Deployed> {
  const name = `${stage.deployment.stack}-challenge`
  const place = `${name} (${stage.region})`
  const lambda = new LambdaClient(stage.clientOptions('LAMBDA'))
  const command = new GetFunctionConfigurationCommand({ FunctionName: name })
  const found = await lambda.send(command).catch((error: AwsError) => {
    if (error.name === 'ResourceNotFoundException') {
      throw new Error(
        `There is no function ${place}: npm run deploy -- --stage ${stage.name} makes it; or name the right --region.`,
      )
    }
    const otherwise = `${place} could not be read (${nameOf(error)}).`
    throw new Error(
      failureOf(error, { permission: 'lambda:GetFunctionConfiguration', place, otherwise }),
    )
  })
  const {
    Environment = {},
    FunctionArn = '',
    LastModified,
    LastUpdateStatus,
    Runtime,
    State,
  } = found
  const isBroken = State === 'Failed' || LastUpdateStatus === 'Failed'
  const mend = `npm run deploy -- --stage ${stage.name}`
  return {
    env: Environment.Variables ?? {},
    arn: FunctionArn,
    finding: isBroken
      ? failed('function', `the last update of ${name} failed`, mend)
      : { what: 'function', state: 'ok', said: `${name}, ${Runtime}, of ${LastModified}` },
  }
}

/** What is looked at of the deployed settings. */
export type DeployedSettings = DeliverySettings &
  MessageSettings & {
    channels: Channel[]
    routes: Routes
    signatureKey: SignatureKey | null
    /** Null where proofs are off. */
    issuer: string | null
  }

/** Reads the deployed settings as the functions do. */
export function readSettings(
  env: Environment,
  stage: Stage,
): { settings: DeployedSettings | null; finding: Finding } {
  const what = 'settings'
  try {
    const { delivery, message, channels, routes, signatureKey, proof } = readAllSettings(env)
    const issuer = proof?.issuer ?? null
    return {
      settings: { ...delivery, ...message, channels, routes, signatureKey, issuer },
      finding: { what, state: 'ok', said: 'the functions understand all of them' },
    }
  } catch (error) {
    const said = (error as Error).message.replace(/\.$/, '')
    const mend = `set it so, and npm run deploy -- --stage ${stage.name}`
    return { settings: null, finding: failed(what, said, mend) }
  }
}

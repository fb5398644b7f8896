// The settings that a stage was deployed with, as its template keeps them, and what another deploy
// would change of them.
import { CloudFormationClient, GetTemplateCommand } from '@aws-sdk/client-cloudformation'
import { maskNumber } from '../../../lib/device/mask.ts'
import { parseJson } from '../../../lib/json.ts'
import { settings as shipped } from '../../stack/settings.ts'
import { type AwsError, failureOf, nameOf, type Stage } from '../stage.ts'

/** A setting that a deploy would change; null is none given, where what is shipped holds. */
export interface Change {
  name: string
  before: string | null
  after: string | null
}

/**
 * Returns the settings that the deployed stage was given; null where it is not deployed, or by a
 * version that kept none. Throws one sentence where AWS does not say.
 */
export async function readRecord(stage: Stage): Promise<Record<string, string> | null> {
  const client = new CloudFormationClient(stage.clientOptions('CLOUDFORMATION'))
  const { stack } = stage.deployment
  const command = new GetTemplateCommand({ StackName: stack })
  const found = await client.send(command).catch((error: AwsError) => {
    if (error.name === 'ValidationError') return null // there is no such stack
    const place = `${stack} (${stage.region})`
    const otherwise = `What is deployed as ${place} could not be read (${nameOf(error)}).`
    throw new Error(
      failureOf(error, { permission: 'cloudformation:GetTemplate', place, otherwise }),
    )
  })
  const { Metadata } = Object(parseJson(found?.TemplateBody ?? ''))
  return Metadata?.Settings ?? null
}

/** Compares what was given with what is given. */
export function changesOf(
  before: Readonly<Record<string, string>>,
  after: Readonly<Record<string, string>>,
): Change[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].toSorted()
  return names
    .map(name => ({ name, before: before[name] ?? null, after: after[name] ?? null }))
    .filter(change => change.before !== change.after)
}

/** Says a change in a line. Numbers are masked. */
export function lineOf({ name, before, after }: Change): string {
  return `  ${name}: ${shown(name, before)} -> ${shown(name, after)}`
}

function shown(name: string, given: string | null): string {
  if (given === null) return `not set${shipped[name] ? ` (${shipped[name]} is shipped)` : ''}`
  return given.replaceAll(/\+\d{7,15}\b(?!\*)/g, maskNumber)
}

// What is deployed as a stage: its settings, names and region, read and checked once, before
// anything is packaged, deployed or asked of AWS. Each fault is one sentence.
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { readAllSettings } from '../../lib/settings/all.ts'
import type { DeploymentSettings } from '../../lib/settings/deployment.ts'
import { type Environment, isDevelopment } from '../../lib/settings/read.ts'
import { nameForm } from '../../lib/settings/stage.ts'
import { checkNames, readEnvFile } from './env-file.ts'
import { settings } from './settings.ts'

/** Which settings each function reads; `npm run function-settings` writes it. */
const settingsByFunction: Readonly<Record<string, string[]>> = createRequire(import.meta.url)(
  './function-settings.json',
)

/** A stage as it is, or would be, deployed. */
export interface Deployment extends Omit<DeploymentSettings, 'region' | 'protectsTables'> {
  stage: string
  /** Its settings: those that it gives, by name. */
  given: Record<string, string>
  /** All that are not empty, the shipped ones included. */
  effective: Record<string, string>
  protectsTables: boolean
  /** Where its secrets are in SSM, without a slash at the end. */
  secretsPath: string
  /** The first part of the names of its stack's resources. */
  stack: string
}

/** The folder of .env.<stage>. */
const root = resolve(import.meta.dirname, '../..')

/** Reads and checks a stage. Throws one sentence. */
export function readDeployment(stage: string, env: Environment, folder: string = root): Deployment {
  const { given, effective } = readGiven(stage, env, folder)
  const all = readAllSettings({ ...effective, OTP_STAGE: stage })
  const { protectsTables, ...deployment } = all.deployment
  const stack = `${deployment.service}-${stage}`
  checkLengths(stack, stage)
  const checked: Deployment = {
    ...deployment,
    stage,
    given,
    effective,
    stack,
    protectsTables: protectsTables ?? !isDevelopment({ OTP_STAGE: stage }),
    secretsPath: `/${deployment.service}/${stage}`,
  }
  for (const name of Object.keys(settingsByFunction)) checkSize(name, checked)
  return checked
}

/** What the stage gives: its file, and above it the environment. */
function readGiven(stage: string, env: Environment, folder: string) {
  if (!nameForm.test(stage)) {
    throw new Error(`"${stage}" is not a stage such as prod: letters, digits and hyphens.`)
  }
  const file = `.env.${stage}`
  const path = join(folder, file)
  const ofFile = existsSync(path) ? readEnvFile(readFileSync(path, 'utf8'), file) : {}
  checkNames(env)
  const given = pick(name => env[name]?.trim() || ofFile[name]?.trim() || '')
  return { given, effective: pick((name, shipped) => given[name] ?? shipped) }
}

/** Returns the settings whose value is not empty, by name. */
function pick(read: (name: string, shipped: string) => string): Record<string, string> {
  const all = Object.entries(settings).map(([name, shipped]) => [name, read(name, shipped)])
  return Object.fromEntries(all.filter(([, value]) => value !== ''))
}

/** Returns the settings of one function, by name. */
export function settingsOf(functionName: string, { effective }: Deployment) {
  const names = settingsByFunction[functionName] ?? []
  return Object.fromEntries(
    names.flatMap(name => (name in effective ? [[name, effective[name]!]] : [])),
  )
}

/** Returns the tags of everything that belongs to a stage. */
export function tagsOf({ tags, service, stage }: Deployment): Record<string, string> {
  return { ...tags, service, stage }
}

/** AWS's limit on all variables of a function together, as JSON. */
const environmentBytes = 4096

/** Room for the variables that are no settings: names of tables and the like. */
const ownBytes = 900

function checkSize(functionName: string, deployment: Deployment): void {
  const own = settingsOf(functionName, deployment)
  const bytes = Buffer.byteLength(JSON.stringify(own)) + ownBytes
  if (bytes <= environmentBytes) return
  const [largest] = Object.entries(own).toSorted(([, a], [, b]) => b.length - a.length)
  throw new Error(
    `The settings of the function ${functionName} are ${bytes} bytes, and AWS takes ${environmentBytes}: shorten ${largest?.[0]}.`,
  )
}

/** Lambda's limit on a name. */
const nameCharacters = 64

function checkLengths(stack: string, stage: string): void {
  const [longest = ''] = Object.keys(settingsByFunction).toSorted((a, b) => b.length - a.length)
  const name = `${stack}-${longest}`
  if (name.length <= nameCharacters) return
  const over = name.length - nameCharacters
  throw new Error(
    `The name ${name} has ${name.length} characters, and Lambda takes ${nameCharacters}: shorten the stage ${stage}, or OTP_SERVICE, by ${over}.`,
  )
}

// The kinds of stage that are deployed, and what serverless package makes of them.
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { runProgram, strangerEnvironment } from '../tools/programs.ts'

/** A kind of stage: each differs in its template. */
export interface Stage {
  name: string
  args: string[]
}

const key = 'arn:aws:kms:us-east-1:123456789012:key/0192f0c1-0000-7000-8000-000000000000'

/** Production, any other, and one whose secrets have a KMS key of their own. */
export const stages: Stage[] = [
  { name: 'prod', args: ['--stage', 'prod'] },
  { name: 'dev', args: ['--stage', 'dev'] },
  { name: 'prod with a KMS key', args: ['--stage', 'prod', '--param', `secretsKeyArn=${key}`] },
]

/** Packages a stage in a copy of the service; gives its templates, as paths in there. */
export async function packageStage(folder: string, { args }: Stage): Promise<string[]> {
  const { code, output } = await runProgram(
    ['npm', 'exec', '--', 'serverless', 'package', ...args],
    { cwd: folder, env: strangerEnvironment(folder) },
  )
  if (code !== 0) throw new Error(`${output.trim()}\nserverless package ${args.join(' ')} failed.`)
  const files = await readdir(join(folder, '.serverless'))
  return files.filter(file => file.startsWith('cloudformation-')).map(file => `.serverless/${file}`)
}

// The kinds of stage that are deployed, and what npm run package makes of them: the service and its
// data.
import { mkdir, readdir, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { runProgram, strangerEnvironment } from '../tools/programs.ts'

/** A kind of stage: each differs in its templates. */
export interface Stage {
  name: string
  stage: string
  settings: Record<string, string>
}

const account = '123456789012'
const sender = { OTP_TWILIO_FROM: '+15005550006' }
const asked = {
  OTP_SECRETS_KEY_ARN: `arn:aws:kms:us-east-1:${account}:key/0192f0c1-0000-7000-8000-000000000000`,
  OTP_PERMISSIONS_BOUNDARY: `arn:aws:iam::${account}:policy/boundary`,
  OTP_EVENT_BUS: `arn:aws:events:us-east-1:${account}:event-bus/login`,
  OTP_ALARM_EMAIL: 'alarms@example.com',
  OTP_PUBLIC_URL: 'https://otp.example.com',
  OTP_DEFAULT_ENDPOINT: 'off',
  OTP_VERIFY_CONCURRENCY: '50',
}

/** Production, any other, and one with a KMS key and whatever else an account may ask for. */
export const stages: Stage[] = [
  { name: 'prod', stage: 'prod', settings: sender },
  { name: 'dev', stage: 'dev', settings: sender },
  { name: 'prod with a KMS key', stage: 'prod', settings: { ...sender, ...asked } },
]

const folders = { data: 'infra/stack/data/.serverless', service: '.serverless' } as const

/**
 * Packages a stage in a copy of the service; gives the paths of its templates there, which are its
 * own.
 */
export async function packageStage(
  folder: string,
  { name, stage, settings }: Stage,
): Promise<string[]> {
  const command = ['npm', 'run', '--silent', 'package', '--', '--stage', stage]
  const env = { ...strangerEnvironment(folder), AWS_REGION: 'us-east-1', ...settings }
  const { code, output } = await runProgram(command, { cwd: folder, env })
  if (code !== 0) throw new Error(`${output.trim()}\n${command.join(' ')} failed.`)
  const templates: string[] = []
  for (const part of ['data', 'service'] as const) {
    const kept = `templates/${name.replaceAll(' ', '-')}/${part}`
    await mkdir(join(folder, kept), { recursive: true })
    const files = await readdir(join(folder, folders[part]))
    for (const file of files.filter(one => one.startsWith('cloudformation-'))) {
      await rename(join(folder, folders[part], file), join(folder, kept, file))
      templates.push(`${kept}/${file}`)
    }
  }
  return templates
}

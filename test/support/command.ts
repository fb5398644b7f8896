// Runs a command of infra/commands/ as npm would, in an environment that has nothing of whoever runs the tests.
import { spawn } from 'node:child_process'
import { devNull } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { recordLog } from './record.ts'

/** How a command ended. */
export interface Ended {
  code: number | null
  stdout: string
  stderr: string
}

const pretendTerminal = 'data:text/javascript,process.stdin.isTTY=true'

/** Runs a file of infra/commands/; `typed` is what somebody types, on what the command takes for a terminal. */
export async function runCommand(
  file: string,
  args: string | string[],
  { env = {}, typed }: { env?: Record<string, string>; typed?: string } = {},
): Promise<Ended> {
  const script = join(import.meta.dirname, '../../infra/commands', file)
  const given = typeof args === 'string' ? args.split(' ').filter(Boolean) : args
  const terminal = typed === undefined ? [] : ['--import', pretendTerminal]
  const child = spawn(process.execPath, [...terminal, script, ...given], {
    env: {
      AWS_REGION: 'eu-west-1',
      AWS_ACCESS_KEY_ID: 'canary-access-key',
      AWS_SECRET_ACCESS_KEY: 'canary-secret-key',
      AWS_CONFIG_FILE: devNull,
      AWS_SHARED_CREDENTIALS_FILE: devNull,
      AWS_EC2_METADATA_DISABLED: 'true',
      ...env,
    },
  })
  // A command that asks nothing may end before it has read anything.
  child.stdin.on('error', () => {})
  child.stdin.end(typed)
  const ended = new Promise<number | null>(resolve => child.once('close', resolve))
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)])
  recordLog(stdout + stderr)
  return { code: await ended, stdout, stderr }
}

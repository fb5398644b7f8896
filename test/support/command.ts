// Runs a command of infra/commands/, in this process or as npm would, in an environment that has
// nothing of whoever runs the tests.
import { spawn } from 'node:child_process'
import { devNull } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import type { Command, Deadlines } from '../../infra/commands/command.ts'
import { recordLog } from './record.ts'

/** How a command ended. */
export interface Ended {
  code: number | null
  stdout: string
  stderr: string
}

/** What a command is run with. */
export interface RunOptions {
  env?: Record<string, string>
  /** What somebody types, on what the command takes for a terminal. */
  typed?: string
}

const usualEnvironment = {
  OTP_TWILIO_FROM: '+15005550006',
  AWS_REGION: 'eu-west-1',
  AWS_ACCESS_KEY_ID: 'canary-access-key',
  AWS_SECRET_ACCESS_KEY: 'canary-secret-key',
  AWS_CONFIG_FILE: devNull,
  AWS_SHARED_CREDENTIALS_FILE: devNull,
  AWS_EC2_METADATA_DISABLED: 'true',
}

/** Runs a command in this process; a string has its arguments parted by blanks. */
export async function runCommand(
  command: Command,
  args: string | string[],
  { env = {}, typed, deadlines }: RunOptions & { deadlines?: Deadlines } = {},
): Promise<Ended> {
  const printed: Record<'stdout' | 'stderr', string[]> = { stdout: [], stderr: [] }
  const streams = {
    stdin: stdinOf(typed),
    stdout: { write: (text: string) => printed.stdout.push(text) },
    stderr: { write: (text: string) => printed.stderr.push(text) },
  }
  const code = await command(argumentsOf(args), { ...usualEnvironment, ...env }, streams, deadlines)
  const [stdout, stderr] = [printed.stdout.join(''), printed.stderr.join('')]
  recordLog(stdout + stderr)
  return { code, stdout, stderr }
}

const pretendTerminal = 'data:text/javascript,process.stdin.isTTY=true'

/** Runs a file of infra/commands/ in a process of its own, as npm does. */
export async function spawnCommand(
  file: string,
  args: string | string[],
  { env = {}, typed }: RunOptions = {},
): Promise<Ended> {
  const script = join(import.meta.dirname, '../../infra/commands', file)
  const imports = typed === undefined ? [] : ['--import', pretendTerminal]
  const child = spawn(process.execPath, [...imports, script, ...argumentsOf(args)], {
    env: { ...usualEnvironment, ...env },
  })
  // A command that asks nothing may end before it has read anything.
  child.stdin.on('error', () => {})
  child.stdin.end(typed)
  const ended = new Promise<number | null>(resolve => child.once('close', resolve))
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)])
  recordLog(stdout + stderr)
  return { code: await ended, stdout, stderr }
}

function argumentsOf(args: string | string[]): string[] {
  return typeof args === 'string' ? args.split(' ').filter(Boolean) : args
}

/** A pipe that has ended, or a terminal on which somebody types. */
function stdinOf(typed: string | undefined) {
  const isTTY = typed !== undefined
  return Object.assign(Readable.from(isTTY ? [typed] : []), { isTTY })
}

// Programs that a command runs: each in a group of its own, so that none of npm, its shell and what
// they started is left behind, however the command ends.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { devNull } from 'node:os'
import { delimiter, resolve } from 'node:path'

const running = new Set<ChildProcess>()
const ownPrograms = resolve(import.meta.dirname, '../../node_modules/.bin')

/** The programs of this repository come first: its node is the one that is deployed. */
export const programPath = [ownPrograms, process.env.PATH].join(delimiter)

/**
 * An environment that has nothing of whoever runs this: no npm configuration, no setting and no AWS
 * account.
 */
export function strangerEnvironment(home: string): Record<string, string> {
  return {
    PATH: programPath,
    HOME: home,
    // What npm and osls load is compiled once.
    NODE_COMPILE_CACHE: resolve(home, '.cache/node'),
    npm_config_userconfig: devNull,
    npm_config_update_notifier: 'false',
    AWS_CONFIG_FILE: devNull,
    AWS_SHARED_CREDENTIALS_FILE: devNull,
    AWS_EC2_METADATA_DISABLED: 'true',
  }
}

interface Options {
  cwd: string
  /** All of its environment; nothing of this process's is added. */
  env: Record<string, string>
  /** Longer than that it is ended, milliseconds. */
  longestMs?: number
}

/** What a program left behind. */
export interface Ended {
  code: number
  /** What it printed on either stream, in order. */
  output: string
  stdout: string
}

/** Runs a program to its end. */
export async function runProgram(command: string[], options: Options): Promise<Ended> {
  const { cwd, env, longestMs = 600_000 } = options
  const [program = '', ...args] = command
  const child = spawn(program, args, {
    cwd,
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  running.add(child)
  const ended: Ended = { code: 1, output: '', stdout: '' }
  child.stdout.on('data', chunk => {
    ended.output += chunk
    ended.stdout += chunk
  })
  child.stderr.on('data', chunk => {
    ended.output += chunk
  })
  const timer = setTimeout(() => endGroup(child), longestMs)
  try {
    const [code] = await once(child, 'close')
    return { ...ended, code: code ?? 1 }
  } finally {
    clearTimeout(timer)
    running.delete(child)
  }
}

/** Ends all programs that still run. */
export function endPrograms(): void {
  for (const child of running) endGroup(child)
}

function endGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL')
  } catch {
    // It ended by itself.
  }
}

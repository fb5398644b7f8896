// npm start as a child process of the demo and of the tests: on free ports, and
// ended with its parent.
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join, resolve } from 'node:path'
import type { Writable } from 'node:stream'
import type { LocalReady } from './start.ts'

/** A running service on this machine. */
export interface LocalStack extends Omit<LocalReady, 'ready'> {
  process: ChildProcess
  stop(): Promise<void>
}

interface Options {
  args?: string[]
  env?: Record<string, string>
  /** Folder of the service; this one by default. */
  folder?: string
}

/**
 * Starts the service and writes its output to `output`. Rejects with that output
 * when it cannot start.
 */
export async function startLocalStack(
  output: Writable,
  { args = [], env = {}, folder = resolve(import.meta.dirname, '../..') }: Options = {},
): Promise<LocalStack> {
  const ports = ['port', 'inbox-port', 'dynamodb-port', 'demo-port', 'cognito-port'].flatMap(
    name => [`--${name}`, '0'],
  )
  const child = fork(join(folder, 'infra/local/start.ts'), [...ports, ...args], {
    env: { ...process.env, ...env },
    silent: true,
  })
  let printed = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', chunk => {
      printed += chunk
      output.write(chunk)
    })
  }
  const ended = once(child, 'exit')
  const [ready] = await Promise.race([
    once(child, 'message') as Promise<[LocalReady]>,
    ended.then(() => {
      throw new Error(`The service did not start.\n${printed}`)
    }),
  ])
  const stop = async () => {
    if (child.connected) child.disconnect()
    await ended
  }
  return { ...ready, process: child, stop }
}

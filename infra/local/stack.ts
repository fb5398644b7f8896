// npm start as a child of the demo and of the tests: on free ports, and gone when its parent is.
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
  /** Where the service lies: by default here. */
  folder?: string
}

/** Starts the service; what it prints goes to `output`. Rejects with that text when it cannot start. */
export async function startLocalStack(
  output: Writable,
  { args = [], env = {}, folder = resolve(import.meta.dirname, '../..') }: Options = {},
): Promise<LocalStack> {
  const ports = ['port', 'inbox-port', 'dynamodb-port', 'demo-port'].flatMap(name => [
    `--${name}`,
    '0',
  ])
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

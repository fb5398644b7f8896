// Runs the Serverless Framework on the service or on its data.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import type { Environment } from '../../../lib/settings/read.ts'
import type { Writer } from '../command.ts'

const root = resolve(import.meta.dirname, '../../..')
const bin = createRequire(import.meta.url).resolve('serverless/bin/serverless.js')

/** The folder of each serverless.yml. */
export const services = { data: join(root, 'infra/stack/data'), service: root } as const

/** Runs it; throws one sentence when it fails, after what it printed. */
export type RunServerless = (
  service: keyof typeof services,
  args: string[],
  surroundings: { env: Environment; stdout: Writer; stderr: Writer },
) => Promise<void>

/** Runs the one in node_modules. */
export const runServerless: RunServerless = async (service, args, { env, stdout, stderr }) => {
  const child = spawn(process.execPath, [bin, ...args], {
    cwd: services[service],
    env: { ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  child.stdout.on('data', chunk => stdout.write(String(chunk)))
  child.stderr.on('data', chunk => stderr.write(String(chunk)))
  const [code] = await once(child, 'close')
  if (code !== 0) throw new Error(`serverless ${args.join(' ')} failed for the ${service}.`)
}

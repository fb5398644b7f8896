// dynoxide, a DynamoDB engine in Rust: the program for this platform, from its npm package. The
// package is bound to one platform, so it is fetched by name into .local/ and is no dependency.
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { type Engine, EngineMissing, startEngine } from './engine.ts'

const version = '1.2.1'
const platform = `${process.platform}-${process.arch}`
const folder = resolve(import.meta.dirname, '../../../.local/dynoxide', version)

/** Starts dynoxide in memory. Rejects with EngineMissing where there is none for this platform. */
export async function startDynoxide(signal: AbortSignal): Promise<Engine> {
  const program = await findDynoxide(signal)
  return startEngine(`dynoxide ${version}`, port => [program, '--port', String(port)], signal)
}

/** Returns the path of the program, and fetches it first if it is missing. */
export async function findDynoxide(signal: AbortSignal): Promise<string> {
  const program = join(folder, `node_modules/@dynoxide/${platform}/dynoxide`)
  if (!existsSync(program)) await fetchPackage(signal)
  return program
}

async function fetchPackage(signal: AbortSignal): Promise<void> {
  const name = `@dynoxide/${platform}`
  const options = ['--no-save', '--no-package-lock', '--ignore-scripts', '--no-audit', '--no-fund']
  await mkdir(folder, { recursive: true })
  try {
    await promisify(execFile)(
      'npm',
      ['install', '--prefix', folder, ...options, `${name}@${version}`],
      { shell: process.platform === 'win32', signal },
    )
  } catch (error) {
    const { code, stderr } = error as NodeJS.ErrnoException & { stderr?: string }
    const reason = /npm error code (\S+)/.exec(String(stderr))?.[1] ?? code
    throw new EngineMissing(
      ['E404', 'EBADPLATFORM'].includes(String(reason))
        ? `There is no dynoxide ${version} for ${platform}.`
        : `npm could not fetch ${name} (${reason}): is there a network?`,
    )
  }
}

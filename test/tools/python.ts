// The Python tools of the rehearsal and the judges: a virtual environment in .local/venv, made from
// requirements.txt when it is missing or of another list. Nothing of it touches the machine's own
// Python.
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, open, readFile, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { promisify } from 'node:util'

const run = promisify(execFile)
const requirements = join(import.meta.dirname, 'requirements.txt')
const local = resolve(import.meta.dirname, '../../.local')
const venv = join(local, 'venv')
const lock = join(local, 'venv.lock')
/** Holds the hash of the list that was installed; written last. */
const stamp = join(venv, 'requirements.sha256')
const bin = join(venv, process.platform === 'win32' ? 'Scripts' : 'bin')
/** schemathesis asks for it. */
const oldestPython = [3, 10] as const

/** The Python tools cannot be had on this machine; the message is one sentence that says why. */
export class ToolsMissing extends Error {}

/**
 * What a command exits with then (EX_UNAVAILABLE of sysexits.h), so that CI can tell it from a
 * failure.
 */
export const toolsMissingExitCode = 69

/**
 * Makes the virtual environment if need be, and gives the folder of its programs. Rejects with
 * ToolsMissing.
 */
export async function ensurePython(): Promise<string> {
  const wanted = createHash('sha256')
    .update(await readFile(requirements))
    .digest('hex')
  if (await isInstalled(wanted)) return bin
  await mkdir(local, { recursive: true })
  const release = await takeLock()
  try {
    if (!(await isInstalled(wanted))) await install(wanted)
  } finally {
    await release()
  }
  return bin
}

async function isInstalled(wanted: string): Promise<boolean> {
  return (await readFile(stamp, 'utf8').catch(() => '')) === wanted
}

async function install(wanted: string): Promise<void> {
  const python = await findPython()
  console.log('Installing the Python tools into .local/venv, once …')
  await rm(venv, { recursive: true, force: true })
  await run(python, ['-m', 'venv', venv]).catch(error => {
    throw new ToolsMissing(`python3 cannot make a virtual environment (${lastLine(error)}).`)
  })
  const pip = [
    '-m',
    'pip',
    'install',
    '--no-compile',
    '--quiet',
    '--disable-pip-version-check',
    '--no-input',
  ]
  await run(join(bin, 'python'), [...pip, '--requirement', requirements]).catch(error => {
    throw new ToolsMissing(
      `pip cannot install what test/tools/requirements.txt names (${lastLine(error)}).`,
    )
  })
  await writeFile(stamp, wanted)
}

async function findPython(): Promise<string> {
  const [major, minor] = oldestPython
  const script = `import sys; sys.exit(sys.version_info < (${major}, ${minor}))`
  for (const python of ['python3', 'python']) {
    const found = await run(python, ['-c', script]).then(
      () => true,
      () => false,
    )
    if (found) return python
  }
  throw new ToolsMissing(`There is no python3 of version ${major}.${minor} or later.`)
}

/** One installation at a time; a lock whose process is gone is nobody's. */
async function takeLock(): Promise<() => Promise<void>> {
  for (;;) {
    try {
      const file = await open(lock, 'wx')
      await file.writeFile(String(process.pid))
      await file.close()
      return () => rm(lock, { force: true })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
    await wait(500)
    const owner = await readFile(lock, 'utf8').catch(() => '')
    if (existsSync(lock) && !isAlive(Number(owner))) await rm(lock, { force: true })
  }
}

function isAlive(pid: number): boolean {
  try {
    return pid > 0 && process.kill(pid, 0)
  } catch {
    return false
  }
}

/** What a failed program said last, which is where Python and pip say why. */
function lastLine(error: Error & { stderr?: string }): string {
  const lines = (error.stderr || error.message).trim().split('\n')
  return lines.at(-1)?.trim().replace(/\.$/, '') ?? error.message
}

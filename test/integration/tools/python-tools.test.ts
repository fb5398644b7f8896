// npm run rehearse, judge, contract and numbers on a machine that lacks something: one sentence, an
// exit code, nothing else.
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { copyService, type ServiceCopy } from '../../tools/service-copy.ts'

const repository = join(import.meta.dirname, '../../..')

/** The folder of each command. */
const folders = {
  rehearse: 'rehearsal',
  judge: 'templates',
  contract: 'contract',
  numbers: 'numbers',
}

let copy: ServiceCopy

beforeAll(async () => {
  copy = await copyService('python-tools')
  await cp(join(repository, 'test'), join(copy.folder, 'test'), { recursive: true })
})

afterEach(async () => {
  for (const left of ['bin', '.local']) {
    await rm(join(copy.folder, left), { recursive: true, force: true })
  }
})

afterAll(() => copy.remove())

/** Runs a command of the copy where the only programs are those of its folder `bin`. */
function run(command: keyof typeof folders, ...args: string[]) {
  const env = {
    PATH: join(copy.folder, 'bin'),
    HOME: copy.folder,
    NODE_COMPILE_CACHE: join(copy.folder, 'cache'),
  }
  const script = join(copy.folder, `test/${folders[command]}/run.ts`)
  return new Promise<{ code: number; stdout: string; stderr: string }>(resolve => {
    execFile(
      process.execPath,
      [script, ...args],
      { env, cwd: copy.folder },
      (error, stdout, stderr) => resolve({ code: Number(error?.code ?? 0), stdout, stderr }),
    )
  })
}

/** A python3 that is new enough, and whose pip fails as without a network. */
async function installPython(): Promise<void> {
  const bin = join(copy.folder, 'bin')
  const python = join(bin, 'python3')
  const pip = '#!/bin/sh\necho "ERROR: No matching distribution found for moto" >&2\nexit 1\n'
  await mkdir(bin)
  await writeFile(
    python,
    `#!${process.execPath}
     import { mkdirSync, writeFileSync } from 'node:fs'
     const [flag, , venv] = process.argv.slice(2)
     if (flag === '-m') {
       mkdirSync(venv + '/bin', { recursive: true })
       writeFileSync(venv + '/bin/python', ${JSON.stringify(pip)}, { mode: 0o755 })
     }`,
  )
  await chmod(python, 0o755)
}

describe.each(['rehearse', 'judge', 'contract', 'numbers'] as const)('npm run %s', command => {
  test('exits with 69 where there is no Python', async () => {
    expect(await run(command)).toEqual({
      code: 69,
      stdout: '',
      stderr: 'There is no python3 of version 3.10 or later.\n',
    })
  })

  test.skipIf(process.platform === 'win32')(
    'does not take half of what pip installs for the whole',
    async () => {
      await installPython()

      const { code, stderr } = await run(command)

      expect([code, stderr]).toEqual([
        69,
        'pip cannot install what test/tools/requirements.txt names ' +
          '(ERROR: No matching distribution found for moto).\n',
      ])
      const venv = join(copy.folder, '.local/venv')
      expect(existsSync(venv)).toBe(true)
      await expect(readFile(join(venv, 'requirements.sha256'))).rejects.toThrow('ENOENT')
    },
  )

  test.each(['--stage', 'prod', '--region=nowhere', '--help=1'])(
    'refuses %s before anything is started',
    async argument => {
      expect(await run(command, argument)).toEqual({
        code: 1,
        stdout: '',
        stderr: `npm run ${command} takes no "${argument}"; --help shows what there is.\n`,
      })
      expect(existsSync(join(copy.folder, '.local'))).toBe(false)
    },
  )

  test('tells how it is used', async () => {
    const { code, stdout } = await run(command, '--help')

    expect([code, stdout.split('\n')[0]]).toEqual([0, `Usage: npm run ${command}`])
  })
})

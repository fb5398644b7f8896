import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { cp, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'

const root = join(import.meta.dirname, '../../..')

let folder: string
/** A copy of the commands: what they fetch is kept beside them. */
let script: string
/** Holds the only programs that they find. */
let bin: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'otp-engine-suite-test-'))
  bin = join(folder, 'bin')
  script = join(folder, 'test/engines/run.ts')
  await mkdir(bin)
  for (const part of ['package.json', 'infra', 'test/engines']) {
    await cp(join(root, part), join(folder, part), { recursive: true })
  }
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'), 'junction')
})

afterEach(() => rm(folder, { recursive: true }))

test.each([[''], ['dynamodb'], ['toString'], ['dynoxide --port 1']])(
  'an engine that is none is refused in one sentence: "%s"',
  async args => {
    const ended = await run(args)

    expect(ended).toEqual({
      code: 1,
      stdout: '',
      stderr: 'Say one of dynamodb-local, dynoxide, and nothing else.\n',
    })
  },
)

test.each([
  ['no Java', 'dynamodb-local', {}, 'DynamoDB Local needs Java 17, and there is no java.'],
  [
    'an old Java',
    'dynamodb-local',
    { java: 'echo \'openjdk version "11.0.2"\' >&2' },
    'DynamoDB Local needs Java 17, and java is of version 11.',
  ],
  [
    'no Maven',
    'dynamodb-local',
    { java: 'echo \'openjdk version "21.0.2"\' >&2' },
    'DynamoDB Local is fetched with Maven, and there is no mvn.',
  ],
  [
    'no network for Maven',
    'dynamodb-local',
    { java: 'echo \'openjdk version "21.0.2"\' >&2', mvn: 'exit 1' },
    'Maven could not fetch com.amazonaws:DynamoDBLocal: is there a network?',
  ],
  [
    'no package for the platform',
    'dynoxide',
    { npm: 'echo npm error code E404 >&2; exit 1' },
    `There is no dynoxide 1.2.1 for ${process.platform}-${process.arch}.`,
  ],
  [
    'no network for npm',
    'dynoxide',
    { npm: 'echo npm error code ENOTFOUND >&2; exit 1' },
    `npm could not fetch @dynoxide/${process.platform}-${process.arch} (ENOTFOUND): is there a network?`,
  ],
])('an engine that cannot be had is one sentence, 69, and nothing kept: %s', async (...given) => {
  const [, engine, programs, sentence] = given
  for (const [name, body] of Object.entries(programs)) await putProgram(name, body)

  const ended = await run(engine)

  expect(ended).toEqual({ code: 69, stdout: '', stderr: `${sentence}\n` })
  expect(await kept()).toEqual([])
})

test('an engine that ends before it answers is not waited for', async () => {
  await putProgram('java', 'echo \'openjdk version "21.0.2"\' >&2; echo out of memory')
  await putProgram('mvn', 'mkdir lib')

  const { code, stderr } = await run('dynamodb-local')

  expect(code).toBe(1)
  expect(stderr).toMatch(/^DynamoDB Local 2\.6\.1 ended before it answered\.\nout of memory\n/)
})

function run(args: string): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise(resolve => {
    execFile(
      process.execPath,
      [script, ...args.split(' ').filter(Boolean)],
      { env: { PATH: bin, NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE } },
      (error, stdout, stderr) => resolve({ code: Number(error?.code ?? 0), stdout, stderr }),
    )
  })
}

/** Its shell finds what it needs; the command finds only the program. */
function putProgram(name: string, body: string): Promise<void> {
  const path = ['/bin', '/usr/bin'].join(delimiter)
  return writeFile(join(bin, name), `#!/bin/sh\nPATH=${path}\n${body}\n`, { mode: 0o755 })
}

/** The files of what was fetched. */
async function kept(): Promise<string[]> {
  const local = join(folder, '.local')
  if (!existsSync(local)) return []
  const entries = await readdir(local, { recursive: true, withFileTypes: true })
  return entries.filter(entry => entry.isFile()).map(({ name }) => name)
}

// What npm pack makes, as whoever installs it finds it: in a folder that has nothing else.
import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, it } from 'vitest'

const run = promisify(execFile)
const root = resolve(import.meta.dirname, '../../..')
const tsc = join(createRequire(import.meta.url).resolve('typescript/package.json'), '../bin/tsc')
let folder: string
let project: string
let manifest: string

/** A copy is packed: package.json is another one meanwhile. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'otp-package-'))
  const copy = join(folder, 'copy')
  project = join(folder, 'project')
  await mkdir(project)
  for (const path of [
    ...['package.json', 'tsconfig.json', 'README.md', 'LICENSE', 'docs/openapi.json'],
    ...['lib/client', 'infra/commands/pack.ts', 'infra/commands/node-ready.cjs'],
  ]) {
    await cp(join(root, path), join(copy, path), { recursive: true })
  }
  await symlink(join(root, 'node_modules'), join(copy, 'node_modules'))
  await run('npm', ['pack', '--pack-destination', folder], { cwd: copy })
  manifest = await readFile(join(copy, 'package.json'), 'utf8')
  const packed = (await readdir(folder)).find(name => name.endsWith('.tgz')) ?? ''
  await writeFile(join(project, 'package.json'), '{"type":"module"}')
  await run('npm', ['install', '--offline', '--no-audit', join(folder, packed)], { cwd: project })
})

afterAll(() => rm(folder, { recursive: true }))

it('brings no other package', async () => {
  const installed = await readdir(join(project, 'node_modules'))

  expect(installed.filter(name => !name.startsWith('.'))).toEqual(['serverless-otp-twilio'])
})

it('leaves package.json as it was', async () => {
  expect(manifest).toBe(await readFile(join(root, 'package.json'), 'utf8'))
})

it('has less than 3 KB of JavaScript, compressed', async () => {
  const file = join(project, 'node_modules/serverless-otp-twilio/dist/client/client.js')

  expect(gzipSync(await readFile(file)).length).toBeLessThan(3 * 1024)
})

it('is imported by its name', async () => {
  const script = `import * as client from 'serverless-otp-twilio/client'
    import document from 'serverless-otp-twilio/openapi.json' with { type: 'json' }
    console.log(Object.keys(client).join(), document.openapi)`
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script], {
    cwd: project,
  })

  expect(stdout).toBe('OtpError,createClient 3.1.1\n')
})

const login = `import { createClient, type Result } from 'serverless-otp-twilio/client'
const otp = createClient({ url: 'https://a.example', apiKey: 'otp' })
export async function say(ip: string | undefined): Promise<string> {
  const sent = await otp.challenge('alice', 'd1', { clientIp: ip })
  if (sent.ok) return sent.challengeId
  const verified: Result<'verify'> = await otp.verify('alice', 'd1', { token: '1' })
  if (verified.ok) return verified.device.id
  switch (verified.code) {
    case 'invalid_token':
      return \`\${verified.guessesLeft} \${verified.lockedUntil}\`
    case 'throttled':
      return String(verified.retryAfter)
    default:
      return verified.detail
  }
}
`
async function typecheck(source: string): Promise<string> {
  await writeFile(join(project, 'login.ts'), source)
  const options = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2022']
  const types = ['--lib', 'es2022,dom', '--types', '']
  return run(process.execPath, [tsc, ...options, ...types, 'login.ts'], { cwd: project }).then(
    () => '',
    ({ stdout }) => stdout,
  )
}

it('has the types of its results', async () => {
  expect(await typecheck(login)).toBe('')
})

it.each([
  ['a code that verify never answers', "'throttled'", "'cooldown'", 'TS2678'],
  ['a code that is thrown', "'throttled'", "'invalid_api_key'", 'TS2678'],
  ['a member of another code', 'verified.guessesLeft', 'verified.limit', 'TS2339'],
  ['a member that verify does not take', "{ token: '1' }", '{ tokn: 1 }', 'TS2561'],
])('does not compile with %s', async (_, right, wrong, error) => {
  expect(await typecheck(login.replace(right, wrong))).toContain(error)
})

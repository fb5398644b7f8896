// GET /admin, bundled as it is deployed: one page, whose policy lets exactly its own script and
// style run.
import { createHash } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { APIGatewayProxyEventV2, Context } from 'aws-lambda'
import { build } from 'esbuild'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { securityHeaders } from '../../support/headers.ts'
import { apiKey } from '../../support/keys.ts'

interface Answer {
  statusCode: number
  headers: Record<string, string>
  body: string
}

const require = createRequire(import.meta.url)
const repository = resolve(import.meta.dirname, '../../..')

let folder: string
let bundle: string
let answer: Answer
let policy: Record<string, string>

async function bundled(workingFolder: string, file: string): Promise<string> {
  const outfile = join(folder, file)
  await build({
    absWorkingDir: workingFolder,
    entryPoints: [join(repository, 'functions/admin.ts')],
    outfile,
    bundle: true,
    minify: true,
    platform: 'node',
    plugins: require('../../../infra/bundle/console-page.cjs'),
    logLevel: 'error',
  })
  return outfile
}

async function open(file: string): Promise<Answer> {
  const event = {
    headers: {},
    requestContext: { http: { method: 'GET', path: '/admin' } },
  } as APIGatewayProxyEventV2
  return require(file).handler(event, { awsRequestId: 'test' } as Context)
}

function inlined(element: 'script' | 'style'): string[] {
  const elements = answer.body.matchAll(
    new RegExp(`<${element}(?: type="module")?>(.*?)</${element}>`, 'gs'),
  )
  return [...elements].map(([, code = '']) => code)
}

function hashOf(code: string): string {
  return `'sha256-${createHash('sha256').update(code).digest('base64')}'`
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'otp-admin-'))
  bundle = await bundled(repository, 'admin.cjs')
  answer = await open(bundle)
  policy = Object.fromEntries(
    String(answer.headers['content-security-policy'])
      .split('; ')
      .map(directive => directive.split(/ (.*)/).slice(0, 2)),
  )
})

afterAll(() => rm(folder, { recursive: true }))

test('the page is public', () => {
  expect(answer.statusCode).toBe(200)
})

test('the page has the headers against caches, sniffing and referrers', () => {
  expect(answer.headers).toMatchObject({
    'content-type': 'text/html; charset=utf-8',
    ...securityHeaders,
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
  })
})

test.each([
  ['console,openapi', 200],
  ['openapi', 404],
  ['off', 404],
])('with OTP_PUBLIC_PAGES=%s it is answered %i', async (pages, status) => {
  vi.stubEnv('OTP_PUBLIC_PAGES', pages)

  expect((await open(bundle)).statusCode).toBe(status)
  vi.unstubAllEnvs()
})

test('the page is given its setting', async () => {
  vi.stubEnv('OTP_CONSOLE_IDLE_MINUTES', '5')

  const { body } = await open(bundle)

  expect(body).toContain('<html lang="en" data-idle-minutes="5">')
  expect(answer.body).toContain('<html lang="en" data-idle-minutes="15">')
  vi.unstubAllEnvs()
})

test('the policy allows nothing but the page’s own script and style, its icon and the API', () => {
  expect(policy).toEqual({
    'default-src': "'none'",
    'script-src': expect.stringMatching(/^'sha256-[\w+/]{43}='$/),
    'style-src': expect.stringMatching(/^'sha256-[\w+/]{43}='$/),
    'connect-src': "'self'",
    'img-src': 'data:',
    'base-uri': "'none'",
    'form-action': "'none'",
    'frame-ancestors': "'none'",
    'require-trusted-types-for': "'script'",
    'trusted-types': "'none'",
  })
})

test('the hashes of the policy are those of the one script and the one style', () => {
  const [script, style] = [inlined('script'), inlined('style')]

  expect([script.length, style.length]).toEqual([1, 1])
  expect([policy['script-src'], policy['style-src']]).toEqual([
    hashOf(script[0] ?? ''),
    hashOf(style[0] ?? ''),
  ])
})

test('the markup loads nothing and has no code in its attributes', () => {
  const [script = '', style = ''] = [inlined('script')[0], inlined('style')[0]]
  const markup = answer.body.replace(script, '').replace(style, '')

  expect(markup).not.toMatch(/\ssrc=|\sstyle=|\son\w+=|href="(?!data:)/)
})

test('script and style load nothing', () => {
  const [script = '', style = ''] = [inlined('script')[0], inlined('style')[0]]

  expect(`${script}${style}`).not.toMatch(/@import|url\(|import\(|\beval\b/)
})

test('the page is at most 40 KB gzipped', () => {
  expect(gzipSync(answer.body).length).toBeLessThanOrEqual(40 * 1024)
})

test('the page is the same wherever it is built', async () => {
  const elsewhere = await open(await bundled(folder, 'elsewhere.cjs'))

  expect(elsewhere.body).toBe(answer.body)
  expect(answer.body).not.toContain(repository)
})

test('the page holds no key', () => {
  expect(answer.body).not.toContain(apiKey)
})

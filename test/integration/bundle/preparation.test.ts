// What infra/bundle/preparation.cjs adds to a bundle: who imports it as Lambda's runtime does gets
// its handler when that is ready for the first request, or when it is clear that it will not be.
import { copyFile, mkdtemp, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest'
import { connectStore } from '../../../lib/dynamodb/client.ts'
import { challenge, putDevice, tokenKey } from '../../support/devices.ts'
import { startFaultProxy } from '../../support/fault-proxy.ts'
import { keptApiKeys } from '../../support/keys.ts'
import { invoke } from '../../support/lambda.ts'
import { type SsmStandIn, startSsmStandIn } from '../../support/ssm-stand-in.ts'

const path = '/serverless-otp-twilio/test'
const store = connectStore()
const load = createRequire(import.meta.url)
let folder: string
let copies = 0
let ssm: SsmStandIn
let dynamodb: Awaited<ReturnType<typeof startFaultProxy>>

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'otp-preparation-'))
  dynamodb = await startFaultProxy(process.env.AWS_ENDPOINT_URL_DYNAMODB!)
  await Promise.all(['verify', 'challenge', 'traffic', 'admin'].map(bundle))
})

beforeEach(async () => {
  ssm = await startSsmStandIn()
  ssm.put(`${path}/OTP_API_KEYS`, keptApiKeys)
  ssm.put(`${path}/OTP_TOKEN_KEY`, tokenKey.toString('base64'))
  vi.stubEnv('AWS_ENDPOINT_URL_DYNAMODB', dynamodb.url)
  vi.stubEnv('AWS_ENDPOINT_URL_SSM', ssm.url)
  vi.stubEnv('OTP_SSM_PATH', path)
  vi.stubEnv('OTP_API_KEYS', undefined)
  vi.stubEnv('OTP_TOKEN_KEY', undefined)
  dynamodb.operations.length = 0
})

afterEach(async () => {
  vi.unstubAllEnvs()
  await ssm.goDown()
})

afterAll(async () => {
  dynamodb.close()
  await rm(folder, { recursive: true, force: true })
})

/** Bundles a function as it is deployed. */
async function bundle(name: string): Promise<void> {
  await build({
    entryPoints: [resolve(import.meta.dirname, `../../../functions/${name}.ts`)],
    outfile: join(folder, `${name}.cjs`),
    bundle: true,
    minify: true,
    platform: 'node',
    format: 'cjs',
    mainFields: ['module', 'main'],
    plugins: load('../../../infra/bundle/plugins.cjs'),
  })
}

/** The path of a bundle that was not loaded yet. */
async function bundleOf(name: string): Promise<string> {
  copies += 1
  const copy = join(folder, `${name}-${copies}.cjs`)
  await copyFile(join(folder, `${name}.cjs`), copy)
  return copy
}

/** As aws-lambda-ric 4 loads a function. */
const imported = async (name: string) => import(pathToFileURL(await bundleOf(name)).href)

async function verifyRight(handler: Parameters<typeof invoke>[0]): Promise<number> {
  const device = await putDevice(store)
  const token = await challenge(store, device, { now: Date.now() })
  return (await invoke(handler, { ...device, body: { token } })).status
}

it('verify has its secrets and its connection before its first request', async () => {
  const { handler } = await imported('verify')
  const prepared = [ssm.requests.length, [...dynamodb.operations]]

  const status = await verifyRight(handler)

  expect(prepared).toEqual([1, ['GetItem']])
  expect([status, ssm.requests.length]).toEqual([200, 1])
})

it('challenge has them, too', async () => {
  await imported('challenge')

  expect([ssm.requests.length, dynamodb.operations]).toEqual([1, ['GetItem']])
})

it.each(['goes down', 'throttles', 'denies', 'hangs'] as const)(
  'where SSM %s meanwhile, the first request asks for itself',
  async fault => {
    if (fault === 'goes down') await ssm.goDown()
    else ssm.behave = () => fault
    const { handler } = await imported('verify')
    ssm.behave = () => undefined
    if (fault === 'goes down') await ssm.comeUp()

    expect(await verifyRight(handler)).toBe(200)
  },
)

it('where DynamoDB refuses meanwhile, the first request connects for itself', async () => {
  dynamodb.faults.push('lose request', 'lose request', 'lose request')
  const { handler } = await imported('verify')

  expect(await verifyRight(handler)).toBe(200)
})

it('a bundle that is required has its handler at once, and asks for nothing', async () => {
  const { handler } = load(await bundleOf('verify'))

  expect([typeof handler, ssm.requests.length, dynamodb.operations]).toEqual(['function', 0, []])
})

it.each(['traffic', 'admin'])('%s, which needs nothing, is imported as ever', async name => {
  const { handler } = await imported(name)

  expect(typeof handler).toBe('function')
})

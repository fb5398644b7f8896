// What infra/bundle/lean-sdk.cjs leaves out of a bundle is not missed: errors keep their names, and
// the build fails when the SDK is not what it was written for.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import http from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { build, type Plugin } from 'esbuild'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'

const repository = resolve(import.meta.dirname, '../../..')
const load = createRequire(import.meta.url)
const leanSdk: Plugin[] = load('../../../infra/bundle/lean-sdk.cjs')
let folder: string
let server: http.Server
let refusal = { status: 400, type: '' }

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'otp-lean-'))
  server = http.createServer((_, response) => {
    response.writeHead(refusal.status, { 'content-type': 'application/x-amz-json-1.0' })
    response.end(JSON.stringify({ __type: refusal.type, message: 'no', Item: { n: { N: '1' } } }))
  })
  await new Promise<void>(listening => server.listen(0, '127.0.0.1', listening))
})

afterAll(async () => {
  server.close()
  await rm(folder, { recursive: true, force: true })
})

// biome-ignore lint/suspicious/noExplicitAny: whatever the source exports
async function bundled(source: string): Promise<any> {
  const entry = join(folder, 'entry.js')
  const outfile = join(folder, `${Math.random()}.cjs`)
  await writeFile(entry, source)
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: 'node',
    mainFields: ['module', 'main'],
    plugins: leanSdk,
    logLevel: 'silent',
    nodePaths: [join(repository, 'node_modules')],
  })
  return load(outfile)
}

async function errorOf(operation: Promise<unknown>) {
  return operation.then(
    () => expect.unreachable(),
    error => error,
  )
}

const endpoint = () => ({
  endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
  maxAttempts: 1,
})

it.each([
  [400, 'com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException', 'client', 'own class'],
  [400, 'com.amazonaws.dynamodb.v20120810#ResourceNotFoundException', 'client', 'base class'],
  [400, 'com.amazon.coral.service#AccessDeniedException', 'client', 'base class'],
  [
    400,
    'com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException',
    'client',
    'base class',
  ],
  [500, 'com.amazonaws.dynamodb.v20120810#InternalServerError', 'server', 'base class'],
])('DynamoDB answers %i %s by its name', async (status, type, fault, kind) => {
  const { fail, ConditionalCheckFailedException, DynamoDBServiceException } = await bundled(`
    import { DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb'
    export { ConditionalCheckFailedException, DynamoDBServiceException } from '@aws-sdk/client-dynamodb'
    export const fail = options => new DynamoDBClient(options)
      .send(new UpdateItemCommand({ TableName: 'devices', Key: { id: { S: '1' } } }))`)
  refusal = { status, type }

  const error = await errorOf(fail(endpoint()))

  expect(error.name).toBe(type.split('#')[1])
  expect(error).toMatchObject({ $fault: fault, $metadata: { httpStatusCode: status } })
  expect(error).toBeInstanceOf(DynamoDBServiceException)
  expect(error instanceof ConditionalCheckFailedException).toBe(kind === 'own class')
  if (kind === 'own class') expect(error.Item).toEqual({ n: { N: '1' } })
})

it.each([
  [400, 'ThrottlingException'],
  [400, 'AccessDeniedException'],
  [500, 'InternalServerError'],
])('SSM answers %i %s by its name', async (status, type) => {
  const { fail } = await bundled(`
    import { GetParametersCommand, SSMClient } from '@aws-sdk/client-ssm'
    export const fail = options => new SSMClient(options)
      .send(new GetParametersCommand({ Names: ['a'], WithDecryption: true }))`)
  refusal = { status, type }

  const error = await errorOf(fail(endpoint()))

  expect(error).toMatchObject({ name: type, $metadata: { httpStatusCode: status } })
})

it('a client looks for credentials in the environment alone', async () => {
  const { fail } = await bundled(`
    import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb'
    export const fail = options => new DynamoDBClient(options).send(new ListTablesCommand())`)
  vi.stubEnv('AWS_ACCESS_KEY_ID', undefined)

  const error = await errorOf(fail(endpoint()))

  vi.unstubAllEnvs()
  expect(error.name).toBe('CredentialsProviderError')
})

it('an SDK of another form fails the build', async () => {
  const path = join(folder, 'node_modules/@aws-sdk/client-other/dist-es/schemas')
  await mkdir(path, { recursive: true })
  await writeFile(join(path, 'schemas_0.js'), 'export const a = 1\n')

  const failed = await errorOf(bundled(`export * from '${join(path, 'schemas_0.js')}'`))

  expect(failed.message).toMatch(/schemas_0.js is not as it was/)
})

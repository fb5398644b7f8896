// AWS as moto plays it, and the reading back: plain HTTP that names its service where a signature
// would, because moto looks at nothing else of it, and because no SDK of ours should stand between.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { devNull, tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

/** The region of the rehearsal; not the default, so that what ignores it is found. */
export const region = 'eu-central-1'
/** The account that moto plays. */
export const account = '123456789012'

// biome-ignore lint/suspicious/noExplicitAny: an answer of AWS; the checks name what they expect of it
export type Answer = any

/** A running moto. */
export interface Aws {
  url: string
  version: string
  /**
   * What every process is given instead of the user's own configuration; none of them leaves this
   * machine.
   */
  env: Record<string, string>
  /** A JSON protocol: `DynamoDB_20120810.DescribeTable`. */
  json(service: string, target: string, input?: object): Promise<Answer>
  /** The query protocol, of CloudFormation, IAM, SNS and CloudWatch; gives the result. */
  query(service: keyof typeof versions, action: string, input?: object): Promise<Answer>
  /** A REST protocol that answers JSON; null is a 404. What is put is JSON, too. */
  rest(service: string, path: string, put?: object): Promise<Answer>
  /** An object's bytes, or what a bucket's subresource says; null is a 404. */
  s3(path: string): Promise<Buffer | null>
  /** Invokes a function; gives whatever is answered. */
  invoke(functionName: string): Promise<string>
  /** Puts an object, of a test's own making. */
  put(path: string, content: Buffer): Promise<void>
  /** How many requests were made so far, by whomever. */
  asked(): number
  /** What of AWS moto had to be given, in its words. */
  lacks: Set<string>
  /** Connections to elsewhere that were tried, and refused. */
  strays(): Promise<string[]>
  close(): Promise<void>
}

const versions = {
  cloudformation: '2010-05-15',
  iam: '2010-05-08',
  sns: '2010-03-31',
  monitoring: '2010-08-01',
}

/**
 * Starts moto with the Python of this folder of programs. It ends with this process, however that
 * ends.
 */
export async function startAws(python: string): Promise<Aws> {
  const cwd = await mkdtemp(join(tmpdir(), 'otp-moto-'))
  const strays = join(cwd, 'strays.txt')
  const script = join(import.meta.dirname, 'moto_server.py')
  const child = spawn(join(python, 'python'), ['-W', 'ignore', script], {
    cwd,
    env: { REHEARSAL_STRAYS: strays, ...(process.env.TEMP && { TEMP: process.env.TEMP }) },
    stdio: ['pipe', 'ignore', 'pipe'],
  })
  const ended = once(child, 'exit').catch(() => {})
  const lacks = new Set<string>()
  let asked = 0
  let lastLine = ''
  const started = new Promise<string>((resolve, reject) => {
    createInterface(child.stderr).on('line', line => {
      lastLine = line
      if (/" \d{3} -$/.test(line)) asked += 1
      const [, lack] = /^lacks: (.+)/.exec(line) ?? []
      if (lack) lacks.add(lack)
      const [, url] = /Running on (http:\S+)/.exec(line) ?? []
      if (url) resolve(url)
    })
    ended.then(() => reject(new Error(`moto did not start: ${lastLine.trim()}`)))
  })
  const close = async () => {
    child.kill()
    await ended
    await rm(cwd, { recursive: true, force: true })
  }
  try {
    const client = clientOf(await started)
    return {
      ...client,
      env: { ...client.env, ...guarded(strays) },
      version: await versionOf(python),
      lacks,
      asked: () => asked,
      strays: async () =>
        (await readFile(strays, 'utf8').catch(() => '')).split('\n').filter(Boolean),
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

function guarded(strays: string) {
  return {
    NODE_OPTIONS: `--import ${new URL('loopback.ts', import.meta.url).href}`,
    REHEARSAL_STRAYS: strays,
  }
}

/** A client of a stand-in for AWS, and the environment that leads to it. */
export function clientOf(url: string) {
  function ask(service: string, path: string, init: RequestInit = {}): Promise<Response> {
    const scope = `Credential=rehearsal/20260101/${region}/${service}/aws4_request`
    const authorization = `AWS4-HMAC-SHA256 ${scope}, SignedHeaders=host, Signature=0`
    return fetch(url + path, { ...init, headers: { authorization, ...init.headers } })
  }

  async function send(service: string, path: string, init: RequestInit = {}): Promise<Response> {
    const response = await ask(service, path, init)
    if (!response.ok && response.status !== 404) {
      throw new Error(`moto answered ${response.status}: ${(await response.text()).slice(0, 300)}`)
    }
    return response
  }

  return {
    url,
    env: {
      AWS_ENDPOINT_URL: url,
      AWS_REGION: region,
      AWS_ACCESS_KEY_ID: 'rehearsal',
      AWS_SECRET_ACCESS_KEY: 'rehearsal',
      AWS_CONFIG_FILE: devNull,
      AWS_SHARED_CREDENTIALS_FILE: devNull,
      AWS_EC2_METADATA_DISABLED: 'true',
    },
    async json(service: string, target: string, input: object = {}): Promise<Answer> {
      const headers = { 'x-amz-target': target, 'content-type': 'application/x-amz-json-1.0' }
      const body = JSON.stringify(input)
      const answer = await (await send(service, '/', { method: 'POST', headers, body })).text()
      return answer === '' ? null : JSON.parse(answer)
    },
    async query(service: keyof typeof versions, action: string, input: object = {}) {
      const parameters = { Action: action, Version: versions[service], ContentType: 'JSON' }
      const body = new URLSearchParams({ ...parameters, ...input })
      const answer: Answer = await (await send(service, '/', { method: 'POST', body })).json()
      return answer[`${action}Response`]?.[`${action}Result`]
    },
    /** The query protocol where JSON is not known. */
    async xml(service: keyof typeof versions, action: string): Promise<string> {
      const body = new URLSearchParams({ Action: action, Version: versions[service] })
      return (await send(service, '/', { method: 'POST', body })).text()
    },
    async rest(service: string, path: string, put?: object): Promise<Answer> {
      const init = put && { method: 'PUT', body: JSON.stringify(put) }
      const response = await send(service, path, init)
      return response.status === 404 ? null : response.json()
    },
    async invoke(functionName: string): Promise<string> {
      const path = `/2015-03-31/functions/${functionName}/invocations`
      return (await ask('lambda', path, { method: 'POST', body: '{}' })).text()
    },
    async put(path: string, content: Buffer): Promise<void> {
      await send('s3', path, { method: 'PUT', body: new Uint8Array(content) })
    },
    async s3(path: string): Promise<Buffer | null> {
      const response = await send('s3', path)
      return response.status === 404 ? null : Buffer.from(await response.arrayBuffer())
    },
  }
}

async function versionOf(python: string): Promise<string> {
  const child = spawn(join(python, 'python'), ['-c', 'import moto; print(moto.__version__)'])
  let printed = ''
  child.stdout.on('data', chunk => {
    printed += chunk
  })
  await once(child, 'close')
  return printed.trim()
}

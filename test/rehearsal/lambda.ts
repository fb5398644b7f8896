// The deployed API at work. moto runs no function without Docker and serves no HTTP API, so here a
// request takes the way that was deployed: route, integration, function; and the function is the
// zip that CloudFormation was given, in a process with the environment that CloudFormation gave it.
import { fork } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { readZip } from '../tools/zip.ts'
import type { Aws } from './aws.ts'
import { region } from './aws.ts'
import type { Deployed, DeployedFunction } from './deployed.ts'
import type { Invocation } from './invoke.ts'

/** A response of the deployed API. */
export interface ApiAnswer {
  status: number
  headers: Record<string, string>
  // biome-ignore lint/suspicious/noExplicitAny: the walk names the members that it expects
  body: any
}

/** Calls the deployed API. */
export interface DeployedApi {
  call(request: { method: string; path: string; key?: string; body?: object }): Promise<ApiAnswer>
  /** Hands a function an event that comes another way. */
  handOver(name: string, event: object): Promise<unknown>
  /** Everything that the functions have logged. */
  log(): string
}

/** What a function has here that it has not in AWS. */
interface Surroundings {
  /** Where the deployed zips are unpacked. */
  folder: string
  /** File of the certificate that the Twilio stand-in has. */
  certificate: string
}

/** Unpacks what was deployed into a folder and answers requests with it. */
export function openDeployedApi(
  aws: Aws,
  deployed: Deployed,
  { folder, certificate }: Surroundings,
): DeployedApi {
  let logged = ''
  return {
    log: () => logged,
    async handOver(name, event) {
      const called = deployed.functions.find(one => one.name === name)
      if (called === undefined) throw new Error(`There is no function ${name}.`)
      return invoke(aws, called, event, folder)
    },
    async call({ method, path, key, body }) {
      const { routeKey, target, pathParameters } = routeOf(deployed, method, path)
      const called = deployed.functions.find(({ name }) => name === target)
      if (called === undefined) throw new Error(`${routeKey} leads to no function.`)
      const event = {
        version: '2.0',
        routeKey,
        rawPath: path,
        rawQueryString: '',
        headers: {
          ...(key !== undefined && { authorization: `Bearer ${key}` }),
          ...(body && { 'content-type': 'application/json' }),
        },
        pathParameters,
        requestContext: { http: { method, path }, stage: '$default' },
        ...(body && { body: JSON.stringify(body) }),
        isBase64Encoded: false,
      }
      const { statusCode, headers, body: text } = await invoke(aws, called, event, folder)
      return { status: statusCode, headers, body: text ? JSON.parse(text) : null }
    },
  }

  async function invoke(aws: Aws, called: DeployedFunction, event: object, folder: string) {
    const [file = '', exportName = 'handler'] = called.handler.split(/\.(?=\w+$)/)
    const child = fork(join(import.meta.dirname, 'invoke.ts'), {
      // Beside what was deployed: what the Lambda service itself sets, and where AWS and Twilio
      // are.
      env: {
        ...called.environment,
        ...aws.env,
        AWS_REGION: region,
        AWS_LAMBDA_FUNCTION_NAME: called.functionName,
        NODE_EXTRA_CA_CERTS: certificate,
      },
      silent: true,
    })
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', chunk => {
        logged += chunk
      })
    }
    const timeoutMs = called.timeout * 1000
    const timer = setTimeout(() => child.kill(), timeoutMs)
    try {
      const bundle = await unpack(aws, called, join(folder, called.name), file)
      child.send({ bundle, exportName, event, timeoutMs } satisfies Invocation)
      const ended = once(child, 'exit').then(() => {
        throw new Error(`The function ${called.name} ended without an answer.`)
      })
      const [answer] = await Promise.race([once(child, 'message'), ended])
      return answer
    } finally {
      clearTimeout(timer)
      child.kill()
    }
  }
}

/** The zip is the one that moto's Lambda was given: by its hash. */
async function unpack(aws: Aws, { code, name }: DeployedFunction, folder: string, file: string) {
  const zip = await aws.s3(`/${code.bucket}/${encodeURI(code.key)}`)
  if (zip === null) throw new Error(`The zip of ${name} is not in the deployment bucket.`)
  if (createHash('sha256').update(zip).digest('base64') !== code.sha256) {
    throw new Error(`The zip of ${name} is not the one that its function was made from.`)
  }
  for (const [path, content] of readZip(zip)) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), content)
  }
  return join(folder, `${file}.cjs`)
}

/** The route that API Gateway would take: the one of this method whose path fits, else $default. */
function routeOf({ routes }: Deployed, method: string, path: string) {
  for (const [routeKey, target] of Object.entries(routes)) {
    const [routeMethod, template = ''] = routeKey.split(' ')
    const pattern = template.replaceAll(/\{(\w+)\}/g, '(?<$1>[^/]+)')
    const match = routeMethod === method && new RegExp(`^${pattern}$`).exec(path)
    if (match) return { routeKey, target, pathParameters: { ...match.groups } }
  }
  return { routeKey: '$default', target: routes.$default, pathParameters: {} }
}

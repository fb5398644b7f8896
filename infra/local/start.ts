// npm start: the whole service on one machine, without AWS. One process runs an embedded DynamoDB,
// a stand-in for Twilio with an inbox, and the real functions under serverless-offline. Nothing is
// left running when it ends.
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { globSync, rmSync } from 'node:fs'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { devNull } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { Worker } from 'node:worker_threads'
import { hashApiKey, parseApiKeys, scopes } from '../../lib/api/api-key.ts'
import { longMessages } from '../../lib/delivery/wording.ts'
import { readAllSettings } from '../../lib/settings/all.ts'
import { faultOfTestNumbers, testNumbers } from '../../lib/settings/test-numbers.ts'
import { stopWithNpm } from '../commands/npm.ts'
import { proofValues } from '../commands/secrets/proof.ts'
import { readDeployment } from '../stack/deployment.ts'
import { localPool, startLocalPool } from './cognito/local-pool.ts'
import { openDatabase } from './dynamodb/database.ts'
import { openEvents } from './events.ts'
import { type FunctionsReady, invokeIn } from './functions.ts'
import { readKeys } from './keys.ts'
import { startSignIn } from './sign-in.ts'
import { type LocalStream, openStream } from './stream.ts'
import { startTwilioStandIn } from './twilio/stand-in.ts'
import { urlOf } from './url.ts'

/** The message to a parent process once everything answers. */
export interface LocalReady {
  ready: true
  /** URLs, without a trailing slash. */
  api: string
  inbox: string
  dynamodb: string
  /** The sign-in form to copy. */
  demo: string
  /** The events that EventBridge would get, as JSON. */
  events: string
  /** The demo API key; it has every scope. */
  key: string
  /** URL of the user pool; absent where it was not asked for. */
  cognito?: string
}

const help = `Usage: npm start -- [options]

  --port <n>           port of the API (3000)
  --inbox-port <n>     port of the Twilio stand-in and its SMS inbox (8010)
  --dynamodb-port <n>  port of the embedded DynamoDB (8000)
  --dynamodb <url>     take a DynamoDB engine that runs already, such as DynamoDB Local
  --demo-port <n>      port of the sign-in form and its small backend (8020)
  --cognito            start a stand-in of a Cognito user pool, too
  --cognito-port <n>   its port (8030)
  --host <address>     address to listen on (127.0.0.1)
  --data <folder>      keep devices and the demo key there (default: in memory)
  --help               this text

Port 0 is any free port. Settings in the environment or in .env.local win over the local ones.`

const options = readOptions()
const data = options.data && resolve(options.data)
const service = resolve(import.meta.dirname, '../..')
const buildFolder = join('.local', `build-${process.pid}`)
process.chdir(service)
sweepBuilds()
process.once('exit', () => rmSync(buildFolder, { recursive: true, force: true }))

const closing: (() => Promise<unknown>)[] = []
let stopping = false
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop(0))
process.on('disconnect', () => stop(0))
stopWithNpm('start', () => stop(0))
try {
  announce(await start())
} catch (error) {
  console.error((error as Error).message)
  await stop(1)
}

async function start(): Promise<LocalReady> {
  // A bad setting must end the start, and not the first request.
  const { given, effective } = readDeployment('local', process.env)
  warnOf({ ...effective, OTP_TWILIO_TEST_NUMBERS: process.env.OTP_TWILIO_TEST_NUMBERS })
  const { host, ports } = options
  const { port: apiPort = 0 } = await assertFree(ports)
  const { apiKey, indexKey, tokenKey } = await readKeys(data)
  const inbox = await startTwilioStandIn({
    host,
    port: ports['inbox-port'],
    reports: ['sent', 'delivered'],
    others: [openEvents()],
  })
  closing.push(inbox.close)
  let stream: LocalStream | undefined
  const dynamodb = await openDatabase({
    engine: options.engine,
    embedded: { host, port: ports['dynamodb-port'] ?? 0, path: data && join(data, 'dynamodb') },
    put: record => stream?.put(record),
  })
  closing.push(dynamodb.close)
  const publicUrl = urlOf(host, apiPort)
  const { OTP_TWILIO_API_KEY, OTP_TWILIO_AUTH = 'demo' } = process.env
  const { streamed, invoke } = await startApi(apiPort, {
    OTP_TWILIO_URL: inbox.url,
    OTP_PUBLIC_URL: publicUrl,
    OTP_PROOF_ISSUER: publicUrl,
    OTP_TWILIO_CHANNELS: 'sms,call,whatsapp',
    OTP_TWILIO_WHATSAPP_FROM: '+15005550006',
    OTP_TWILIO_ACCOUNT: `AC${'0'.repeat(32)}`,
    OTP_TWILIO_AUTH: 'demo',
    // Twilio signs with the account's own token, which is that one where there is no API key.
    ...(!OTP_TWILIO_API_KEY && { OTP_TWILIO_SIGNATURE_TOKEN: OTP_TWILIO_AUTH }),
    OTP_TWILIO_FROM: '+15005550006',
    OTP_TWILIO_COOLDOWN: '0',
    // A developer sends to one number again and again.
    OTP_TWILIO_LIMITS: 'record',
    OTP_TWILIO_BREAKER: 'record',
    OTP_EVENT_BUS: 'default',
    POWERTOOLS_METRICS_DISABLED: 'true',
    ...(options.cognito && { OTP_COGNITO_USER_POOL_ARN: localPool.arn }),
    ...given,
    ...pickEnvironment(name => !name.startsWith('AWS_')),
    OTP_BUILD_FOLDER: buildFolder,
    OTP_INDEX_KEY: indexKey,
    OTP_TOKEN_KEY: tokenKey,
    ...proofValues({}, { isOn: true, change: 'none', now: Date.now() }),
    OTP_API_KEYS: JSON.stringify([
      ...parseApiKeys(process.env.OTP_API_KEYS),
      { name: 'demo', hash: hashApiKey(apiKey), scopes, audiences: ['transfer'] },
    ]),
    // The AWS account of the developer must not be used by accident.
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_CONFIG_FILE: devNull,
    AWS_SHARED_CREDENTIALS_FILE: devNull,
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_ENDPOINT_URL_DYNAMODB: dynamodb.url,
    AWS_ENDPOINT_URL_EVENTBRIDGE: inbox.url,
    SLS_LOG_LEVEL: process.env.SLS_LOG_LEVEL ?? 'warning',
  })
  stream = openStream({ functions: streamed, invoke })
  closing.push(async () => stream?.close())
  const readers = streamed.join(', ') || 'no function'
  console.log(
    dynamodb.source === null
      ? `${dynamodb.url} has no streams: nothing of the devices goes to ${readers}.`
      : `The stream of the devices comes from ${dynamodb.source}, and goes to ${readers}.`,
  )
  const demo = await startSignIn({
    ...{ host, port: ports['demo-port'] },
    ...{ api: publicUrl, key: apiKey, inbox: inbox.url },
  })
  closing.push(demo.close)
  const cognito = options.cognito
    ? await startLocalPool({ host, port: ports['cognito-port'] ?? 0, invoke })
    : null
  if (cognito) closing.push(cognito.close)
  return {
    ...(cognito && { cognito: cognito.url }),
    ready: true,
    api: publicUrl,
    inbox: inbox.url,
    dynamodb: dynamodb.url,
    demo: demo.url,
    events: `${inbox.url}/events.json`,
    key: apiKey,
  }
}

/** Warns of settings that cost money or have expired. */
function warnOf(env: Record<string, string | undefined>): void {
  const { token, routes, delivery, message } = readAllSettings({ ...env, OTP_STAGE: 'local' })
  const wording = { ...delivery, ...message }
  for (const { setting, segments } of longMessages(wording, routes, token.length)) {
    console.warn(`${setting} makes SMS of ${segments} segments; each is charged.`)
  }
  const { OTP_TWILIO_TEST_NUMBERS: listed } = env
  const given = listed?.trim() ? { OTP_TWILIO_TEST_NUMBERS: listed.trim() } : {}
  const fault = faultOfTestNumbers(testNumbers(given), Date.now())
  if (fault !== null) console.warn(`OTP_TWILIO_TEST_NUMBERS: ${fault}, or leave it out.`)
}

/** Starts the functions. When they end, the process ends. */
async function startApi(port: number, env: Record<string, string | undefined>) {
  const argv = ['offline', 'start', '--stage', 'local', '--host', options.host]
  argv.push('--httpPort', String(port), '--lambdaPort', '0')
  argv.push('--localEnvironment', '--useInProcess', '--disableCookieValidation', '--noSponsor')
  const api = new Worker(new URL('api.ts', import.meta.url), { argv, env })
  closing.push(() => api.terminate())
  api.once('exit', () => stop(1))
  const [{ streamed }] = (await once(api, 'message')) as [FunctionsReady]
  return { streamed, invoke: invokeIn(api) }
}

function announce(running: LocalReady): void {
  console.log(`
serverless-otp-twilio runs on this machine; Ctrl-C ends it.

  API        ${running.api}
  console    ${running.api}/admin (sign in with the demo key)
  SMS inbox  ${running.inbox}
  sign-in    ${running.demo} (a form to copy)
  DynamoDB   ${running.dynamodb} (${options.engine ? 'not embedded' : (data ?? 'in memory')})
  events     ${running.events} (what EventBridge would get)
  demo key   ${running.key}
${running.cognito ? linesOf(running.cognito) : ''}
Register a phone:

  curl -X POST ${running.api}/users/alice/devices \\
    -H 'Authorization: Bearer ${running.key}' \\
    -H 'Content-Type: application/json' -d '{"number": "+14155552671"}'
`)
  process.send?.(running)
}

function linesOf(url: string): string {
  const { id, clientId, user } = localPool
  return `
A user pool at ${url}, for OTP_COGNITO_FLOW ${process.env.OTP_COGNITO_FLOW ?? 'password-sms'}:

  pool       ${id}
  client     ${clientId}
  user       ${user.userName}, password ${user.password}
  number     ${user.attributes.phone_number}
`
}

async function stop(exitCode: number): Promise<void> {
  if (stopping) return
  stopping = true
  // Ends the process even if something hangs.
  setTimeout(() => process.exit(exitCode), 2000).unref()
  await Promise.allSettled(closing.map(close => close()))
  process.exit(exitCode)
}

/** Removes the builds of processes that were killed, or stopped while esbuild was still writing. */
function sweepBuilds(): void {
  for (const folder of globSync('.local/build-*')) {
    try {
      process.kill(Number(folder.replace(/\D+/, '')), 0)
    } catch {
      rmSync(folder, { recursive: true, force: true })
    }
  }
}

function pickEnvironment(wanted: (name: string) => boolean): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => wanted(name)))
}

/**
 * Checks the ports before anything is started, and returns those that were found. Two flags with
 * the same port fail too.
 */
async function assertFree(ports: Record<string, number>): Promise<Record<string, number>> {
  const probes: Server[] = []
  const found: Record<string, number> = {}
  for (const [flag, port] of Object.entries(ports)) {
    const probe = port === 0 ? await findFree() : await tryPort(port)
    if (!probe) {
      throw new Error(`Port ${port} is busy: choose another with --${flag} (0 is any free port).`)
    }
    probes.push(probe)
    // The API has to know its port before it listens: its own URL is one of its settings.
    found[flag] = (probe.address() as AddressInfo).port
  }
  await Promise.all(probes.map(probe => once(probe.close(), 'close')))
  return found
}

/** A free port below those that the system gives to connections, which could take it meanwhile. */
async function findFree(): Promise<Server> {
  return (await tryPort(randomInt(10_000, 32_768))) ?? findFree()
}

/** Listens on a port; undefined when it is busy. */
async function tryPort(port: number): Promise<Server | undefined> {
  const server = createServer().listen(port, options.host)
  try {
    await once(server, 'listening')
    return server
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return undefined
    throw error
  }
}

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        port: { type: 'string', default: '3000' },
        'inbox-port': { type: 'string', default: '8010' },
        'dynamodb-port': { type: 'string', default: '8000' },
        dynamodb: { type: 'string' },
        'demo-port': { type: 'string', default: '8020' },
        cognito: { type: 'boolean', default: false },
        'cognito-port': { type: 'string', default: '8030' },
        host: { type: 'string', default: '127.0.0.1' },
        data: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    })
    if (values.help) {
      console.log(help)
      process.exit(0)
    }
    const { host, data, dynamodb, cognito } = values
    const engine = dynamodb === undefined ? undefined : engineOf(dynamodb)
    const ports = {
      port: portOf(values.port),
      'inbox-port': portOf(values['inbox-port']),
      'dynamodb-port': engine ? 0 : portOf(values['dynamodb-port']),
      'demo-port': portOf(values['demo-port']),
      ...(cognito && { 'cognito-port': portOf(values['cognito-port']) }),
    }
    return { host, data, engine, ports, cognito }
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${help}`)
    process.exit(1)
  }
}

function engineOf(value: string): string {
  const { protocol, origin, username } = URL.parse(value) ?? {}
  if (origin && /^https?:$/.test(protocol ?? '') && !username) return origin
  throw new Error('--dynamodb takes a URL such as http://localhost:8000.')
}

function portOf(value: string): number {
  const port = Number(value)
  if (/^\d+$/.test(value) && port <= 65_535) return port
  throw new Error(`"${value}" is not a port: 0 to 65535.`)
}

// Where the functions' requests go, and the environment that Lambda would give them.
import { type ChildProcess, fork } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { join } from 'node:path'
import { drawApiKey, hashApiKey, scopes } from '../../lib/api/api-key.ts'

/** Everything that answers, and how it is reached. */
export interface Stations {
  /** Of a function, its secrets in the SSM stand-in. */
  environment: NodeJS.ProcessEnv
  apiKey: string
  /** The secrets by their names in SSM. */
  parameters: Record<string, string>
  /** Ends what is being measured. */
  signal: AbortSignal
  close(): Promise<void>
}

interface Urls {
  dynamodb: string
  twilio: string
  ssm: string
  ledger: string
}

const secretsPath = '/bench'

/** Starts the embedded engine and the stand-ins. */
export async function startStations(signal: AbortSignal): Promise<Stations> {
  const apiKey = drawApiKey()
  const secrets = {
    OTP_API_KEYS: JSON.stringify([{ name: 'bench', hash: hashApiKey(apiKey), scopes }]),
    OTP_INDEX_KEY: randomBytes(32).toString('base64'),
    OTP_TOKEN_KEY: randomBytes(32).toString('base64'),
    OTP_TWILIO_ACCOUNT: `AC${'0'.repeat(32)}`,
    OTP_TWILIO_AUTH: 'bench',
    OTP_TWILIO_SIGNATURE_TOKEN: 'bench',
  }
  const parameters = Object.fromEntries(
    Object.entries(secrets).map(([name, value]) => [`${secretsPath}/${name}`, value]),
  )
  const child = fork(join(import.meta.dirname, 'stations-child.ts'))
  child.send(parameters)
  const urls = await firstMessage<Urls>(child)
  const environment: NodeJS.ProcessEnv = {
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_SESSION_TOKEN: 'local',
    AWS_LAMBDA_FUNCTION_NAME: 'bench',
    AWS_ENDPOINT_URL_DYNAMODB: urls.dynamodb,
    AWS_ENDPOINT_URL_SSM: urls.ssm,
    DEVICES_TABLE: 'devices',
    OTP_STAGE: 'test',
    OTP_SSM_PATH: secretsPath,
    OTP_TWILIO_URL: urls.twilio,
    OTP_TWILIO_FROM: '+15005550006',
    POWERTOOLS_SERVICE_NAME: 'bench',
    POWERTOOLS_METRICS_NAMESPACE: 'bench',
    BENCH_TOKEN_KEY: secrets.OTP_TOKEN_KEY,
    BENCH_LEDGER: urls.ledger,
  }
  return {
    environment,
    apiKey,
    parameters,
    signal,
    async close() {
      child.kill()
      await once(child, 'exit')
    },
  }
}

/** What a child has to say, or an error when it ends without a word. */
export async function firstMessage<T>(child: ChildProcess): Promise<T> {
  const saying = new AbortController()
  try {
    return await Promise.race([
      once(child, 'message', { signal: saying.signal }).then(([message]) => message as T),
      once(child, 'exit', { signal: saying.signal }).then(([code]) => {
        throw new Error(`A process of the bench ended with ${code} and without a result.`)
      }),
    ])
  } finally {
    saying.abort()
  }
}

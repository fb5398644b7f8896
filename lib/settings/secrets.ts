// The secrets: from the environment, else from SSM Parameter Store, all that a function needs in
// one call. The only importer of SSM in lib/. They are kept for less than five minutes. SSM answers
// 40 calls a second of a whole account, and a deploy makes every function ask at once: who is
// throttled tries again for as long as its request may wait. An outage
// of SSM is outlived with the old ones for an hour: a service that has its keys must not lock out
// all users because SSM cannot be reached. A refusal is none, because that is how keys are revoked
// in an emergency: access or a KMS key is taken away.
import { setTimeout as pause } from 'node:timers/promises'
import { GetParametersCommand, SSMClient } from '@aws-sdk/client-ssm'
import { awsTimeouts } from '../aws-timeouts.ts'
import { countOutcome, describeError, logger } from '../log.ts'
import { Problem } from '../problem.ts'
import { type Environment, misconfigured } from './read.ts'

/** The names of all secrets. */
export const secretNames = [
  'OTP_API_KEYS',
  'OTP_INDEX_KEY',
  // Published before it signs.
  'OTP_PROOF_PUBLIC_KEYS',
  'OTP_PROOF_KEYS',
  'OTP_TOKEN_KEY',
  'OTP_TWILIO_ACCOUNT',
  'OTP_TWILIO_API_KEY',
  'OTP_TWILIO_AUTH',
  'OTP_TWILIO_SIGNATURE_TOKEN',
  'OTP_TWILIO_TEST_NUMBERS',
] as const

/** The name of a secret. */
export type SecretName = (typeof secretNames)[number]

/** The secrets that a service works without. */
const optionalSecrets: readonly SecretName[] = [
  'OTP_PROOF_KEYS',
  'OTP_PROOF_PUBLIC_KEYS',
  'OTP_TWILIO_API_KEY',
  'OTP_TWILIO_SIGNATURE_TOKEN',
  'OTP_TWILIO_TEST_NUMBERS',
]

/** The secrets that it does not work without. */
export const requiredSecrets: readonly SecretName[] = secretNames.filter(
  name => !optionalSecrets.includes(name),
)

/** The secrets that were found; a missing or empty one is absent. */
export type Secrets = Partial<Record<SecretName, string>>

/** Loads the secrets of one function. */
export interface SecretSource {
  /**
   * Returns the secrets as of at most five minutes ago, or of an hour while SSM is down. Throws
   * `unavailable` where it gives none.
   */
  load(): Promise<Secrets>
  /** Returns the secrets as they are now, or the old ones as `load` does. */
  reload(): Promise<Secrets>
  /**
   * Reads them for the first request, if SSM gives them in so many milliseconds. No request waits
   * for it: a function may be frozen meanwhile.
   */
  prepare(withinMs: number): Promise<void>
}

/** What a source can be told. */
interface SourceOptions {
  env?: Environment
  /** Gives milliseconds since the epoch. */
  clock?: () => number
  /** How long a first load may try while SSM throttles it. */
  longestWaitMs?: number
}

/**
 * A life is drawn between the two, so that functions which started together do not ask together.
 */
const shortestLifeMs = 240_000
const longestLifeMs = 290_000
/** What is this old is not used any more after a refusal. */
const longestRefusedMs = 300_000
/** A refusal is asked about again: permissions take moments to spread at a deploy. */
const refusedMs = 8_000
/** What is this old is not used any more, whatever SSM does. */
const longestOutageMs = 3_600_000
/** How long the old values are kept before SSM is asked again, when it did not answer. */
const retryMs = 30_000
/** An incomplete set is just being installed, and the operator should not wait for five minutes. */
const incompleteMs = 5_000

/** What SSM gave, until when it is good without asking, and how long at most. */
interface Known {
  secrets: Secrets
  readAt: number
  askAt: number
  endsAt: number
  isRefused: boolean
}

/**
 * SSM has none of the secrets that are required: the path is gone, or was never filled. That is no
 * empty set, of which nobody would have a key.
 */
class SecretsGone extends Error {
  override name = 'SecretsGone'
}

/** Makes the source of the named secrets. */
export function secretSource(
  names: readonly SecretName[],
  { env = process.env, clock = Date.now, longestWaitMs = usualWaitMs }: SourceOptions = {},
): SecretSource {
  const path = env.OTP_SSM_PATH
  const fromEnvironment = pick(names, name => env[name])
  const missing = path ? names.filter(name => fromEnvironment[name] === undefined) : []
  const required = missing.filter(name => requiredSecrets.includes(name))
  let client: SSMClient | undefined
  let known: Known | null = null
  let reading: Promise<Secrets> | null = null

  async function readFromSsm(withinMs: number): Promise<Known> {
    // The SDK's own retries know no deadline.
    client ??= new SSMClient({ maxAttempts: 1, requestHandler: awsTimeouts })
    const found = await getParameters(client, { prefix: `${path}/`, names: missing, withinMs })
    if (required.length > 0 && required.every(name => found[name] === undefined)) {
      throw new SecretsGone(`${path} has none of the secrets: run npm run secrets for the stage.`)
    }
    return knownFrom({ ...found, ...fromEnvironment }, names, clock())
  }

  /** Tries again only where there is nothing to go on with. */
  async function read(withinMs: number): Promise<Known> {
    const endsAt = performance.now() + withinMs
    for (let tries = 1; ; tries++) {
      try {
        known = await readFromSsm(endsAt - performance.now())
        return known
      } catch (error) {
        const leftMs = endsAt - performance.now()
        if (known !== null || leftMs < shortestTryMs || !isWorthAnother(error, tries)) throw error
        await pause(Math.min(backOffMs(tries), leftMs - shortestTryMs))
      }
    }
  }

  async function readOrOutlive(): Promise<Secrets> {
    try {
      return (await read(longestWaitMs)).secrets
    } catch (error) {
      known = afterFailure(known, error, clock())
      if (known === null) throw unreadable(error)
      return known.secrets
    }
  }

  /** Reads once at a time, however many requests wait for it. */
  function readOnce(): Promise<Secrets> {
    reading ??= readOrOutlive().finally(() => {
      reading = null
    })
    return reading
  }

  return {
    async load() {
      if (missing.length === 0) return fromEnvironment
      return known !== null && clock() < known.askAt ? known.secrets : readOnce()
    },
    async reload() {
      return missing.length === 0 ? fromEnvironment : readOnce()
    },
    async prepare(withinMs) {
      // What fails is told by the request that needs it.
      if (missing.length > 0) await read(withinMs).catch(() => {})
    },
  }
}

/** As long as most operations may wait; see lib/api/endpoint.ts. */
const usualWaitMs = 4_000

/**
 * A throttled call was not looked at, and its turn comes. An outage lasts longer than a request,
 * and a second try only tells it from a lost packet.
 */
function isWorthAnother(error: unknown, tries: number): boolean {
  return isThrottling(error) || (tries < 2 && !isDefinite(error))
}

/** The longest pause of a wave of functions that all have to wait for their turn. */
const longestBackOffMs = 400

/** Drawn anew each time: functions that started together must not come back together. */
function backOffMs(tries: number): number {
  return Math.random() * Math.min(longestBackOffMs, 100 * 2 ** (tries - 1))
}

function knownFrom(secrets: Secrets, names: readonly SecretName[], readAt: number): Known {
  const lifeMs = shortestLifeMs + Math.random() * (longestLifeMs - shortestLifeMs)
  const askAt = readAt + (isComplete(names, secrets) ? lifeMs : incompleteMs)
  return { secrets, readAt, askAt, endsAt: readAt + longestOutageMs, isRefused: false }
}

/** What may be used after SSM has failed; null is nothing. */
function afterFailure(known: Known | null, error: unknown, now: number): Known | null {
  const isRefusal = isDefinite(error)
  // The only message of ours here; a foreign one is not logged.
  const detail = error instanceof SecretsGone ? error.message : undefined
  const line = { detail, error: describeError(error) }
  logger.warn(isRefusal ? 'secrets refused' : 'secrets not read', line)
  countOutcome('secrets', isRefusal ? 'refused' : 'not_read')
  if (known === null) return null
  const isSecond = isRefusal && known.isRefused
  // A callback asks earlier; that is no second answer.
  if (isSecond && now < known.askAt) return known
  const endsAt = isRefusal ? Math.min(known.endsAt, known.readAt + longestRefusedMs) : known.endsAt
  if (isSecond || now >= endsAt) return null
  const askAt = Math.min(endsAt, now + (isRefusal ? refusedMs : retryMs))
  return { ...known, endsAt, askAt, isRefused: known.isRefused || isRefusal }
}

/** Whether SSM has answered, and answered no: a throttled request was not looked at. */
function isDefinite(error: unknown): boolean {
  if (error instanceof SecretsGone) return true
  return (error as { $fault?: string }).$fault === 'client' && !isThrottling(error)
}

function isThrottling(error: unknown): boolean {
  const { $retryable, name = '' } = error as {
    $retryable?: { throttling?: boolean }
    name?: string
  }
  return $retryable?.throttling || /Throttl|TooMany|LimitExceeded/.test(name)
}

function unreadable(cause: unknown): Problem {
  return new Problem('unavailable', 'The secrets cannot be read now; try again.', {
    cause,
    retryAfterSeconds: 1,
  })
}

/** Time for one try, at most; and at least, or it is not made. */
const longestTryMs = 1_250
const shortestTryMs = 50

interface Asked {
  prefix: string
  names: SecretName[]
  withinMs: number
}

async function getParameters(client: SSMClient, { prefix, names, withinMs }: Asked) {
  const tryMs = Math.ceil(Math.min(withinMs, longestTryMs))
  const answer = await client.send(
    new GetParametersCommand({ Names: names.map(name => prefix + name), WithDecryption: true }),
    { abortSignal: AbortSignal.timeout(tryMs) },
  )
  const values = new Map(answer.Parameters?.map(({ Name, Value }) => [Name, Value]))
  return pick(names, name => values.get(prefix + name))
}

function isComplete(names: readonly SecretName[], secrets: Secrets): boolean {
  return names.every(name => !requiredSecrets.includes(name) || secrets[name] !== undefined)
}

function pick(
  names: readonly SecretName[],
  find: (name: SecretName) => string | undefined,
): Secrets {
  // A line break that was pasted along is no part of a secret.
  const found = names.map(name => [name, find(name)?.trim()] as const)
  return Object.fromEntries(found.filter(([, value]) => value))
}

/** Reads the token key: 32 bytes, from base64. Throws `not_configured`. */
export function tokenKey(secrets: Secrets): Buffer {
  return readKey(secrets, 'OTP_TOKEN_KEY')
}

/**
 * Reads the index key: 32 bytes, from base64. It names persons in the tables of limits and traffic
 * and seals cursors; the token key can be replaced without it. Throws `not_configured`.
 */
export function indexKey(secrets: Secrets): Buffer {
  return readKey(secrets, 'OTP_INDEX_KEY')
}

function readKey(secrets: Secrets, name: 'OTP_TOKEN_KEY' | 'OTP_INDEX_KEY'): Buffer {
  const value = secrets[name]
  const key = Buffer.from(value ?? '', 'base64')
  if (key.length === 32 && key.toString('base64') === value) return key
  throw misconfigured(name, '32 bytes in base64')
}

/**
 * Returns the Twilio credentials: the API key when there is one, else the account's own, as in
 * django-otp-twilio. Throws `not_configured`.
 */
export function twilioCredentials(secrets: Secrets) {
  const accountSid = secrets.OTP_TWILIO_ACCOUNT ?? ''
  if (!/^AC[A-Za-z0-9]+$/.test(accountSid)) {
    throw misconfigured('OTP_TWILIO_ACCOUNT', 'your Twilio account SID, which starts with AC')
  }
  if (secrets.OTP_TWILIO_AUTH === undefined) {
    throw misconfigured('OTP_TWILIO_AUTH', 'your Twilio auth token, or the secret of the API key')
  }
  return {
    accountSid,
    username: secrets.OTP_TWILIO_API_KEY ?? accountSid,
    password: secrets.OTP_TWILIO_AUTH,
  }
}

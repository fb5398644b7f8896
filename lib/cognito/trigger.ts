// What every trigger does around its own work: it reads no secret twice, ends by itself before
// Cognito's five seconds, and never throws. What a trigger throws is shown to the user, and who
// waits longer is called again.
import { describeError, logger } from '../log.ts'
import { Problem } from '../problem.ts'
import { type SecretSource, secretSource } from '../settings/secrets.ts'
import { type TriggerName, triggerSecrets } from './secrets.ts'

/** Cognito waits five seconds; some of them are the network's. */
const deadlineMs = 4_300
/** What is on its way is ended then, so that its end is known in time. */
const softDeadlineMs = 3_700
/** What waits for its secrets for longer has no time for Twilio. */
const longestWaitMs = 1_500
/** As long as loading may wait for what the first call needs. */
const preparationMs = 2_000

/** What the work of a trigger stands on. */
export interface Ground {
  secrets: SecretSource
  now: number
  /** Aborted shortly before the deadline. */
  signal: AbortSignal
  /**
   * Returns what the work makes; what `otherwise` makes of its failure or its lateness. Never
   * throws.
   */
  settle<Result>(work: () => Promise<Result>, otherwise: (code: string) => Result): Promise<Result>
  /** Waits until so long after the call, or until the deadline. */
  notBefore(floorMs: number): Promise<void>
}

/** What a trigger answers, and what its log says of it. */
export interface Answered<Response> {
  response: Response
  outcome: string
  deviceId?: string | undefined
}

/** Makes the Lambda handler of a trigger. */
export function trigger<Event extends { response: object }>(
  name: TriggerName,
  work: (event: Event, ground: Ground) => Promise<Answered<Event['response']>>,
  prepare: (signal: AbortSignal) => Promise<unknown> = async () => {},
) {
  const secrets = secretSource(triggerSecrets[name], { longestWaitMs })
  const handler = async (event: Event): Promise<Event> => {
    const startedAt = performance.now()
    const leftMs = (until: number) => Math.max(0, startedAt + until - performance.now())
    const ground: Ground = {
      secrets,
      now: Date.now(),
      signal: AbortSignal.timeout(softDeadlineMs),
      settle: (work, otherwise) => settled(name, { work, otherwise, withinMs: leftMs(deadlineMs) }),
      notBefore: floorMs => pause(leftMs(Math.min(floorMs, deadlineMs))),
    }
    const { response, ...told } = await work(event, ground)
    logger.info(name, { ...told, durationMs: Math.round(performance.now() - startedAt) })
    return { ...event, response }
  }
  const prepareFirst = () => {
    const signal = AbortSignal.timeout(preparationMs)
    return Promise.allSettled([secrets.prepare(preparationMs), prepare(signal)])
  }
  return Object.assign(handler, { prepare: prepareFirst })
}

async function settled<Result>(
  name: string,
  {
    work,
    otherwise,
    withinMs,
  }: {
    work: () => Promise<Result>
    otherwise: (code: string) => Result
    withinMs: number
  },
): Promise<Result> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Problem('unavailable', 'The deadline has passed.')),
      withinMs,
    )
  })
  try {
    return await Promise.race([work(), late])
  } catch (error) {
    const code = error instanceof Problem ? error.code : 'internal_error'
    // Only the sentence of a setting helps to fix it: it names the setting and holds no value.
    const detail = code === 'not_configured' ? (error as Problem).message : undefined
    logger.error(name, { code, detail, error: describeError(error) })
    return otherwise(code)
  } finally {
    clearTimeout(timer)
  }
}

function pause(ms: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, ms))
}

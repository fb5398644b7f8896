// The service under test, as the histories speak to it: the real handlers, the engine of the suite,
// and Twilio's stand-in, which takes a message as a history wants it.
import { at } from '../support/clock.ts'
import { invoke, type Request } from '../support/lambda.ts'
import { startTwilio } from '../support/twilio.ts'
import type { Delivered, Expected, Rules } from './device.ts'

const answers = {
  sent: undefined,
  unknown: { status: 500, body: 'Internal Server Error' },
  refused: { status: 400, body: { code: 21606, message: '', status: 400 } },
  undeliverable: { status: 400, body: { code: 21610, message: '', status: 400 } },
  busy: { status: 429, headers: { 'retry-after': '0' }, body: { code: 20429 } },
}
/** A 429 was never processed, and only that is tried again. */
const requestsFor: Record<Delivered, number> = {
  sent: 1,
  unknown: 1,
  refused: 1,
  undeliverable: 1,
  busy: 3,
}

let delivery: Delivered = 'sent'
let received = 0
let answeredId: string | null = null
const twilio = await startTwilio(() => {
  received += 1
  return answers[delivery]
})

const handlers = {
  create: (await import('../../functions/create-device.ts')).handler,
  look: (await import('../../functions/get-device.ts')).handler,
  list: (await import('../../functions/list-devices.ts')).handler,
  patch: (await import('../../functions/update-device.ts')).handler,
  remove: (await import('../../functions/delete-device.ts')).handler,
  removeAll: (await import('../../functions/delete-devices.ts')).handler,
  challenge: (await import('../../functions/challenge.ts')).handler,
  verify: (await import('../../functions/verify.ts')).handler,
  reset: (await import('../../functions/reset.ts')).handler,
}

/** An operation by its name here. */
export type Operation = keyof typeof handlers

/** Puts the rules into the settings. */
export function obey(rules: Rules): void {
  const seconds = (ms: number) => String(ms / 1000)
  Object.assign(process.env, {
    OTP_TWILIO_THROTTLE_FACTOR: seconds(rules.factor),
    OTP_TWILIO_THROTTLE_MAX: rules.longestLock === null ? '' : seconds(rules.longestLock),
    OTP_TWILIO_MAX_FAILURES: String(rules.maxFailures),
    OTP_TWILIO_TOKEN_GUESSES: String(rules.guesses ?? ''),
    OTP_TWILIO_TOKEN_VALIDITY: seconds(rules.validity),
    OTP_TWILIO_COOLDOWN: seconds(rules.cooldown),
    OTP_TWILIO_COOLDOWN_MAX: rules.longestCooldown === null ? '' : seconds(rules.longestCooldown),
  })
}

/** How often each code, or status without one, was answered. */
export const answered: Record<string, number> = {}

/** Asks the service at a moment, and leaves the prose and what is drawn out of its answer. */
export async function ask(
  operation: Operation,
  { key, ...request }: Request & { key?: string | null },
  now: number,
): Promise<Expected> {
  const headers = key ? { 'idempotency-key': key } : {}
  const answer = await at(now, () => invoke(handlers[operation], { ...request, headers }))
  const { body: given } = answer
  const { type: _, title: __, detail: ___, challengeId, requestId: ____, ...body } = given ?? {}
  answeredId = challengeId ?? null
  const outcome = `${operation} ${body.code ?? answer.status}`
  answered[outcome] = (answered[outcome] ?? 0) + 1
  const retryAfter = answer.headers['retry-after']
  return { status: answer.status, ...body, ...(retryAfter && { retryAfter }) }
}

/**
 * Challenges while Twilio takes messages in this way: the answer, and the token if a message came.
 */
export async function askChallenge(
  request: Request & { key: string | null },
  end: Delivered,
  now: number,
): Promise<{
  answer: Expected
  token: string | null
  id: string | null
  requestsTooMany: number
}> {
  delivery = end
  const before = received
  const answer = await ask('challenge', request, now)
  const requests = received - before
  const token = requests === 0 ? null : twilio.requests.at(-1)!.form.Body!
  const id = answeredId
  return { answer, token, id, requestsTooMany: requests === 0 ? 0 : requests - requestsFor[end] }
}

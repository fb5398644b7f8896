// What a device does, in the plain rules of django-otp (SideChannelDevice, ThrottlingMixin,
// CooldownMixin) and of docs/django.md: one thing after the other, nothing stored, nothing lost.
// Written without a look at lib/, which is held against it.

/** The settings that decide; durations are milliseconds. */
export interface Rules {
  factor: number
  /** Null for none. */
  longestLock: number | null
  maxFailures: number
  /** Wrong guesses that use a token up; null for no bound. */
  guesses: number | null
  validity: number
  cooldown: number
  /** What the cooldown doubles up to; null is no growth. */
  longestCooldown: number | null
}

/** A device as it would be kept with a pencil; moments are milliseconds, null is never. */
export interface Device {
  userId: string
  id: string
  name: string
  number: string
  confirmed: boolean
  createdAt: number
  failures: number
  failedAt: number
  usedAt: number | null
  /** The last challenge may be taken to have been then. */
  challengedAt: number | null
  /** Challenges since the last success. */
  unverified: number
  /** `end` is the number of failures that uses it up; null for none. */
  token: { text: string; until: number; end: number | null } | null
  /** Of the last challenge's message, when it was not sent: why, and since when. */
  unsent: { reason: string; next: string; at: number } | null
  /** What a retry of the last challenge is answered again. */
  challenge: { key: string | null; id: string | null; until: number; end: Delivered } | null
  /** The last four attempts that were evaluated, newest first. */
  attempts: { key: string | null; text: string; accepted: boolean }[]
}

/** How Twilio took a message. */
export type Delivered = 'sent' | 'unknown' | 'refused' | 'undeliverable' | 'busy'

/** An answer's status, `Retry-After`, and body without its prose. */
export type Expected = { status: number; retryAfter?: string } & Record<string, unknown>

const iso = (at: number | null) => (at === null ? null : new Date(at).toISOString())
const seconds = (ms: number) => String(Math.max(1, Math.ceil(ms / 1000)))
const gone: Expected = { status: 404, code: 'device_not_found' }

/**
 * ThrottlingMixin: factor × 2^(n−1) after the n-th failure, no longer than the longest lock; 0 is
 * off.
 */
function lockedUntil(device: Device, rules: Rules, now: number): number | null {
  if (device.failures >= rules.maxFailures) return null
  const until = lockEndOf(device, rules)
  return now < until ? until : null
}

/** When the lock of the last failure ends, or has ended; 0 without one. */
export function lockEndOf(device: Device, rules: Rules): number {
  if (rules.factor === 0 || device.failures === 0) return 0
  const lock = rules.factor * 2 ** (device.failures - 1)
  return device.failedAt + Math.min(lock, rules.longestLock ?? lock)
}

/**
 * 30 s, 60 s, 120 s … until a success, no longer than the longest, and never shorter than the
 * first.
 */
export function cooldownOf({ unverified }: Device, { cooldown, longestCooldown }: Rules): number {
  let wait = cooldown
  for (let n = 1; n < unverified && wait < (longestCooldown ?? 0); n++) wait *= 2
  return wait > cooldown ? Math.min(wait, longestCooldown ?? wait) : wait
}

/** CooldownMixin. */
function nextChallengeAt(device: Device, rules: Rules, now: number): number | null {
  if (device.challengedAt === null) return null
  const next = device.challengedAt + cooldownOf(device, rules)
  return now < next ? next : null
}

/** Whether the token has taken all its wrong guesses. */
function isUsedUp({ token, failures }: Device, { guesses }: Rules): boolean {
  return guesses !== null && token !== null && token.end !== null && failures >= token.end
}

/** Wrong guesses that the token takes still; nothing where they are not bounded. */
function left({ token, failures }: Device, { guesses, maxFailures }: Rules) {
  if (guesses === null || (token !== null && token.end === null)) return {}
  const end = Math.min(token?.end ?? 0, maxFailures)
  return { guessesLeft: Math.max(0, end - failures) }
}

/** The device as the API shows it. */
export function look(device: Device | null, rules: Rules, now: number): Expected {
  return device === null ? gone : { status: 200, ...view(device, rules, now) }
}

/** Its members. */
export function view(device: Device, rules: Rules, now: number) {
  const { userId, id, name, number, confirmed, createdAt, failures, usedAt, token } = device
  const locked = lockedUntil(device, rules, now)
  const next = nextChallengeAt(device, rules, now)
  const isRecent = usedAt !== null && now < usedAt + 180 * 86_400_000
  return {
    id,
    userId,
    name,
    number,
    confirmed,
    createdAt: iso(createdAt),
    lastUsedAt: iso(usedAt),
    // The numbers of the model are of one country.
    country: 'US',
    established: confirmed && isRecent && device.unverified < 5,
    throttle: {
      allowed: failures < rules.maxFailures && locked === null,
      failureCount: failures,
      lockedUntil: iso(locked),
    },
    cooldown: { allowed: next === null, nextChallengeAt: iso(next) },
    pending:
      token !== null && now < token.until && !isUsedUp(device, rules)
        ? { validUntil: iso(token.until) }
        : null,
    // No callback is asked for, so nothing is known of what was sent.
    delivery: device.unsent && {
      ...{ status: 'failed', channel: 'sms' },
      ...{ ...device.unsent, at: iso(device.unsent.at) },
    },
  }
}

/** SideChannelDevice.verify_token, counted once for one idempotency key and token. */
export function verify(
  device: Device | null,
  { text, key, id = null }: { text: string; key: string | null; id?: string | null },
  rules: Rules,
  now: number,
): Expected {
  if (device === null) return gone
  const accepted = () => ({ status: 200, verified: true, device: view(device, rules, now) })
  const failure = () => ({
    failureCount: device.failures,
    lockedUntil: iso(lockedUntil(device, rules, now)),
  })
  const rejected = () => ({
    ...{ status: 403, code: 'invalid_token' },
    ...failure(),
    ...left(device, rules),
  })
  const before = device.attempts.find(one => key !== null && one.key === key && one.text === text)
  if (before !== undefined) {
    // A right token is answered again for a minute, and until another one was right.
    const isLast = before === device.attempts.find(one => one.accepted)
    return isLast && now <= device.usedAt! + 60_000 ? accepted() : rejected()
  }
  if (device.failures >= rules.maxFailures) {
    return { status: 403, code: 'device_disabled', failureCount: device.failures }
  }
  if (isUsedUp(device, rules)) return { status: 403, code: 'token_used_up' }
  if (rules.guesses !== null && device.token === null) return { status: 403, code: 'no_token' }
  if (id !== null && id !== device.challenge?.id) {
    return { status: 403, code: 'challenge_replaced' }
  }
  const locked = lockedUntil(device, rules, now)
  if (locked !== null) {
    return { status: 429, code: 'throttled', ...failure(), retryAfter: seconds(locked - now) }
  }
  const isRight = device.token?.text === text && now < device.token.until
  device.attempts = [{ key, text, accepted: isRight }, ...device.attempts.slice(0, 3)]
  if (isRight) {
    Object.assign(device, {
      ...{ failures: 0, usedAt: now, confirmed: true, token: null },
      unverified: 0,
    })
    return accepted()
  }
  device.failures += 1
  device.failedAt = now
  return rejected()
}

/** Whether a challenge sends an SMS; when not, what it answers. */
export function refusal(
  device: Device | null,
  key: string | null,
  rules: Rules,
  now: number,
): Expected | null {
  if (device === null) return gone
  if (key !== null && device.challenge?.key === key) return challengeAnswer(device, rules, now)
  if (device.failures >= rules.maxFailures) {
    return { status: 403, code: 'device_disabled', failureCount: device.failures }
  }
  const next = nextChallengeAt(device, rules, now)
  if (next === null) return null
  const retryAfter = seconds(next - now)
  return { status: 429, code: 'cooldown', nextChallengeAt: iso(next), retryAfter }
}

/** SideChannelDevice.generate_token, and what is refunded when nothing was sent. */
export function challenge(
  device: Device,
  { key, text, end, id }: { key: string | null; text: string; end: Delivered; id: string | null },
  rules: Rules,
  now: number,
): Expected {
  const until = now + rules.validity
  const { guesses } = rules
  device.token = { text, until, end: guesses === null ? null : device.failures + guesses }
  device.challengedAt = now
  device.unverified += 1
  device.challenge = { key, id, until, end }
  device.unsent = null
  const answer = challengeAnswer(device, rules, now)
  if (end !== 'sent' && end !== 'unknown') {
    device.token = null
    device.unverified -= 1
    device.unsent =
      end === 'undeliverable'
        ? { reason: 'opted_out', next: 'another_number', at: now }
        : { reason: 'unknown', next: 'retry', at: now }
    freeForChallenge(device, rules, now)
  }
  return answer
}

function challengeAnswer(device: Device, rules: Rules, now: number): Expected {
  const { end, until } = device.challenge!
  const times = {
    validUntil: iso(until),
    nextChallengeAt: iso(nextChallengeAt(device, rules, now)),
  }
  const answers: Record<Delivered, Expected> = {
    sent: {
      status: 200,
      message: 'Sent by SMS',
      number: `+1••••••••${device.number.slice(-2)}`,
      tokenLength: 6,
      ...times,
      lockedUntil: iso(lockedUntil(device, rules, now)),
      delivery: null,
    },
    unknown: { status: 504, code: 'delivery_unknown', ...times },
    refused: { status: 502, code: 'delivery_failed', twilioCode: 21606, next: 'retry' },
    undeliverable: {
      ...{ status: 422, code: 'undeliverable_number' },
      ...{ twilioCode: 21610, next: 'another_number' },
    },
    busy: { status: 503, code: 'delivery_busy', retryAfter: '0' },
  }
  return answers[end]
}

/** The moment counts as one at which the cooldown, as it is set now, has just passed. */
function freeForChallenge(device: Device, rules: Rules, now: number): void {
  device.challengedAt = now - cooldownOf(device, rules)
}

/** throttle_reset and cooldown_reset; a pending token stays, and takes guesses as a new one. */
export function reset(device: Device | null, rules: Rules, now: number): Expected {
  if (device === null) return gone
  device.failures = 0
  device.unverified = 0
  if (device.token !== null) device.token.end = rules.guesses
  freeForChallenge(device, rules, now)
  return look(device, rules, now)
}

/** A new number has proved nothing yet, and answers to no retry of what was for the old one. */
export function patch(
  device: Device | null,
  change: { number?: string; name?: string; confirmed?: boolean },
  rules: Rules,
  now: number,
): Expected {
  if (device === null) return gone
  if (change.number !== undefined && change.number !== device.number) {
    device.confirmed = false
    device.usedAt = null
    device.token = null
    device.unsent = null
    if (device.challenge !== null) device.challenge.key = null
    for (const attempt of device.attempts) attempt.accepted = false
  }
  Object.assign(device, change)
  return look(device, rules, now)
}

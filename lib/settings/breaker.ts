// The breaker: when sends to a prefix or country are suspended, because too few tokens are
// verified. `20/10/3600` means at least 20 sends within 3,600 seconds, of which fewer than 10 %
// were verified. Unset, as in django-otp-twilio, nothing is suspended.
import { type Environment, type Mode, misconfigured, modes, oneOf, text } from './read.ts'

/**
 * What may be suspended: a prefix, which is a number without its last four digits, or a country.
 */
export const suspendedKinds = ['prefix', 'country'] as const

/** One kind of what may be suspended. */
export type SuspendedKind = (typeof suspendedKinds)[number]

/** The rule of one kind. */
export interface BreakerRule {
  kind: SuspendedKind
  /** The least number of sends. */
  sends: number
  /** Suspends when a smaller percentage of the sends was verified. */
  percent: number
  /** The window, seconds. */
  seconds: number
}

/** The settings of the breaker. `record` judges and logs, and refuses nothing. */
export interface BreakerSettings {
  mode: Mode
  rules: BreakerRule[]
  /** How long the first suspension lasts, and the longest, milliseconds. */
  firstMs: number
  longestMs: number
  /** Numbers (+14155550100), prefixes (+1415*) and countries (CH) that are never suspended. */
  alwaysAllow: string[]
}

const mostSends = 100_000
const longestWindow = 86_400
const longestSuspension = 31 * 86_400

/** Reads the breaker. Throws `not_configured`. */
export function breakerSettings(env: Environment = process.env): BreakerSettings {
  const mode = oneOf(env, 'OTP_TWILIO_BREAKER', modes)
  const rules = suspendedKinds.flatMap(kind => readRule(env, kind))
  return {
    mode: rules.length === 0 ? 'off' : mode,
    rules: mode === 'off' ? [] : rules,
    ...suspensionTimes(env),
    alwaysAllow: alwaysAllowed(env),
  }
}

/** Names in full, so that they are found in the bundles of the functions that read them. */
const settingOf: Record<SuspendedKind, string> = {
  prefix: 'OTP_TWILIO_BREAKER_PREFIX',
  country: 'OTP_TWILIO_BREAKER_COUNTRY',
}

function readRule(env: Environment, kind: SuspendedKind): BreakerRule[] {
  const name = settingOf[kind]
  const value = text(env, name) ?? 'off'
  if (value === 'off') return []
  const [sends = 0, percent = 0, seconds = 0] = readNumbers(value, 3)
  const isInRange =
    sends >= 1 &&
    sends <= mostSends &&
    percent >= 1 &&
    percent <= 100 &&
    seconds >= 60 &&
    seconds <= longestWindow
  if (isInRange) return [{ kind, sends, percent, seconds }]
  throw misconfigured(name, 'off, or such as 20/10/3600 (sends/percent verified/seconds)')
}

function suspensionTimes(env: Environment) {
  const name = 'OTP_TWILIO_BREAKER_SECONDS'
  const [first = 0, longest = 0] = readNumbers(text(env, name) ?? '900/86400', 2)
  if (first < 1 || longest < first || longest > longestSuspension) {
    throw misconfigured(name, 'such as 900/86400: how long the first time, and at most')
  }
  return { firstMs: first * 1000, longestMs: longest * 1000 }
}

function alwaysAllowed(env: Environment): string[] {
  const listed = text(env, 'OTP_TWILIO_ALWAYS_ALLOW')?.split(',') ?? []
  const entries = listed.map(one => one.trim())
  if (entries.every(one => /^(?:\+[1-9]\d{6,14}|\+[1-9]\d{0,14}\*|[A-Z]{2})$/.test(one)))
    return entries
  throw misconfigured('OTP_TWILIO_ALWAYS_ALLOW', 'a list such as +14155550100,+1415*,CH')
}

function readNumbers(value: string, count: number): number[] {
  const parts = value.split('/').map(part => part.trim())
  return parts.length === count && parts.every(part => /^\d{1,7}$/.test(part))
    ? parts.map(Number)
    : []
}

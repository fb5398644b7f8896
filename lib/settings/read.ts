// How one setting is read: strictly. A bad setting is named in `not_configured`, but never its
// value. Empty means unset. The file of each subject defines its settings.
import { Problem } from '../problem.ts'
import { isTemplate } from './template.ts'

/** The environment, or anything like it. */
export type Environment = Readonly<Record<string, string | undefined>>

/** Reads the text of a setting; null when it is unset. */
export function text(env: Environment, name: string): string | null {
  const value = env[name]
  return value === undefined || value.trim() === '' ? null : value
}

/**
 * Reads a text of a form, or null. `expected` completes "NAME must be …". Throws `not_configured`.
 */
export function matching(
  env: Environment,
  name: string,
  { form, expected }: { form: RegExp; expected: string },
): string | null {
  const value = text(env, name)
  if (value === null || form.test(value)) return value
  throw misconfigured(name, expected)
}

/** Reads one of a few words; the first is the default. Throws `not_configured`. */
export function oneOf<Word extends string>(
  env: Environment,
  name: string,
  words: readonly [Word, ...Word[]],
): Word {
  const value = text(env, name) ?? words[0]
  const word = words.find(known => known === value)
  if (word !== undefined) return word
  throw misconfigured(name, inWords(words))
}

/**
 * Reads a list of words out of a few, each at most once, and returns them in the order of these.
 * Throws `not_configured`.
 */
export function listOf<Word extends string>(
  { name, value }: { name: string; value: string },
  words: readonly Word[],
  expected = `a list of ${inWords(words, 'and')}`,
): Word[] {
  const named = value.split(',').map(one => one.trim())
  const known = words.filter(word => named.includes(word))
  if (known.length === named.length) return known
  throw misconfigured(name, expected)
}

/** How a protection works: it refuses, it only counts and logs, or it is off. */
export const modes = ['on', 'record', 'off'] as const

/** The mode of a protection. */
export type Mode = (typeof modes)[number]

/** Joins words as people write them: sms, call or whatsapp. */
export function inWords(words: readonly string[], joint: 'or' | 'and' = 'or'): string {
  return `${words.slice(0, -1).join(', ')} ${joint} ${words.at(-1)}`
}

/** Reads a text with `{token}`; see template.ts. Throws `not_configured`. */
export function template(env: Environment, name: string, byDefault: string): string {
  const value = text(env, name) ?? byDefault
  if (isTemplate(value)) return value
  throw misconfigured(name, 'text in which every brace is {token}, {{ or }}')
}

/** Reads true or false, 1 or 0; false by default. Throws `not_configured`. */
export function flag(env: Environment, name: string): boolean {
  const value = (text(env, name) ?? 'false').toLowerCase()
  if (value === 'true' || value === '1') return true
  if (value === 'false' || value === '0') return false
  throw misconfigured(name, 'true or false')
}

interface Range {
  min: number
  max: number
  byDefault: number
}

/** Reads a whole number. Throws `not_configured`. */
export function integer(env: Environment, name: string, range: Range): number {
  return inRange(env, name, range, { form: /^\d+$/, kind: 'a whole number' })
}

/** Reads a number with up to three decimals. Throws `not_configured`. */
export function decimal(env: Environment, name: string, range: Range): number {
  const kind = 'a number with at most three decimals,'
  return inRange(env, name, range, { form: /^\d+(\.\d{1,3})?$/, kind })
}

function inRange(
  env: Environment,
  name: string,
  { min, max, byDefault }: Range,
  { form, kind }: { form: RegExp; kind: string },
): number {
  const value = text(env, name)
  if (value === null) return byDefault
  const read = form.test(value) ? Number(value) : Number.NaN
  if (read >= min && read <= max) return read
  throw misconfigured(name, `${kind} from ${min} to ${max}`)
}

/**
 * Reads a URL without credentials and query; http only on a development stage, or within this
 * machine. Throws `not_configured`.
 */
export function httpsUrl(env: Environment, name: string): string | null {
  const value = text(env, name)
  if (value === null) return null
  const url = URL.parse(value)
  const isBare = url !== null && url.search + url.hash + url.username + url.password === ''
  const mayBePlain = isDevelopment(env) || isLoopback(url?.hostname)
  const isSafe = url?.protocol === 'https:' || (url?.protocol === 'http:' && mayBePlain)
  if (isBare && isSafe) return value
  throw misconfigured(name, 'an https URL without credentials and query')
}

/** Whether a host of a URL is this machine, from which nothing can be read on its way. */
export function isLoopback(hostname = ''): boolean {
  return /^(127(\.\d+){3}|localhost|\[::1\])$/.test(hostname)
}

/** The stages on which unsafe settings are allowed. */
export const developmentStages = ['local', 'dev', 'test'] as const

/** Whether the stage is one of them. */
export function isDevelopment({ OTP_STAGE = '' }: Environment): boolean {
  return (developmentStages as readonly string[]).includes(OTP_STAGE)
}

/**
 * Makes the problem of a missing or bad setting. It names the setting, and never holds its value.
 */
export function misconfigured(name: string, expected: string): Problem {
  const end = expected.endsWith('?') ? '' : '.'
  return new Problem('not_configured', `${name} must be ${expected}${end}`)
}

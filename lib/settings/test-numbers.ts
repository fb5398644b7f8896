// OTP_TWILIO_TEST_NUMBERS: numbers that get no message and cost nothing, for reviewers of app
// stores and for tests of a deployment. A fixed token opens whatever it protects, so each number
// ends on its date, and the list is kept like a secret.
import { e164 } from '../formats.ts'
import { parseJson } from '../json.ts'
import { misconfigured } from './read.ts'
import type { Secrets } from './secrets.ts'

/** What a test number simulates: the delivery status of its message, or an expired token. */
export const testOutcomes = [
  'delivered',
  'undelivered',
  'landline',
  'blocked',
  'opted_out',
  'expired',
] as const

/** The outcome of a test number. */
export type TestOutcome = (typeof testOutcomes)[number]

/** A number that gets no message. */
export interface TestNumber {
  /** E.164. */
  number: string
  /** 6 to 8 digits; null draws a token that is never shown. */
  token: string | null
  outcome: TestOutcome
  /** It works before this moment, milliseconds since the epoch. */
  endsAt: number
}

const mostTestNumbers = 10
const dayMs = 86_400_000

/** Reads the test numbers; none by default. Throws `not_configured`. */
export function testNumbers({ OTP_TWILIO_TEST_NUMBERS }: Secrets): TestNumber[] {
  if (OTP_TWILIO_TEST_NUMBERS === undefined) return []
  const listed = parseJson(OTP_TWILIO_TEST_NUMBERS)
  const read = Array.isArray(listed) ? listed.map(readTestNumber) : [null]
  const good = read.filter(found => found !== null)
  const distinct = new Set(good.map(({ number }) => number))
  if (distinct.size === read.length && read.length <= mostTestNumbers) return good
  throw misconfigured(
    'OTP_TWILIO_TEST_NUMBERS',
    'a JSON list of at most ten {"number", "token" or "outcome", "until"}, each number in E.164 and once, ' +
      'the token of 6 to 8 digits, the date as in 2026-12-31',
  )
}

function readTestNumber(given: unknown): TestNumber | null {
  const { number, token = null, outcome = 'delivered', until, ...unknown } = Object(given)
  const endsAt = endOfDay(until)
  const isGood =
    Object.keys(unknown).length === 0 &&
    e164.test(String(number)) &&
    (token === null || (typeof token === 'string' && /^\d{6,8}$/.test(token))) &&
    testOutcomes.includes(outcome) &&
    (token !== null || Object(given).outcome !== undefined) &&
    endsAt !== null
  return isGood ? { number, token, outcome, endsAt } : null
}

/** Returns the end of a date in UTC; null when it is no date. */
function endOfDay(date: unknown): number | null {
  if (typeof date !== 'string' || !/^\d{4}-\d\d-\d\d$/.test(date)) return null
  const start = Date.parse(date)
  const isReal = !Number.isNaN(start) && new Date(start).toISOString().startsWith(date)
  return isReal ? start + dayMs : null
}

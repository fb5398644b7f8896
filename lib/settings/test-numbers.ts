// OTP_TWILIO_TEST_NUMBERS: numbers that get no message and cost nothing, for reviewers of app
// stores and for tests of a deployment. A fixed token opens whatever it protects, so each number is
// for the users that it names, ends on its date, and the list is kept like a secret.
import { e164, pathId } from '../formats.ts'
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
  /** For every other user it is a number like any other. */
  userIds: readonly string[]
  /** 6 to 8 digits; null draws a token that is never shown. */
  token: string | null
  outcome: TestOutcome
  /** It works before this moment, milliseconds since the epoch. */
  endsAt: number
}

const mostTestNumbers = 10
const mostUsers = 20
const dayMs = 86_400_000
const mostDays = 90

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
    'a JSON list of at most ten {"number", "userIds", "token" or "outcome", "until"}, each number in E.164 ' +
      'and once, at most twenty user ids, the token of 6 to 8 digits, the date as in 2026-12-31',
  )
}

/** Finds the test number of a device; undefined where it has a number like any other. */
export function findTestNumber<Listed extends Pick<TestNumber, 'number' | 'userIds'>>(
  listed: readonly Listed[],
  { userId, number }: { userId: string; number: string },
): Listed | undefined {
  return listed.find(test => test.number === number && test.userIds.includes(userId))
}

/** Whether a test number works at a moment: until its date, which is at most 90 days ahead. */
export function isInUse({ endsAt }: Pick<TestNumber, 'endsAt'>, now: number): boolean {
  return now < endsAt && endsAt <= now + (mostDays + 1) * dayMs
}

/** Says what is wrong with test numbers that would not work for anybody now; null is nothing. */
export function faultOfTestNumbers(listed: readonly TestNumber[], now: number): string | null {
  if (listed.some(({ userIds }) => userIds.length === 0)) return 'name the userIds of each'
  if (listed.some(({ endsAt }) => endsAt <= now)) return 'give what has ended a later date'
  if (listed.every(test => isInUse(test, now))) return null
  return `give each a date at most ${mostDays} days ahead`
}

function readTestNumber(given: unknown): TestNumber | null {
  const {
    number,
    userIds = [],
    token = null,
    outcome = 'delivered',
    until,
    ...unknown
  } = Object(given)
  const endsAt = endOfDay(until)
  const isGood =
    Object.keys(unknown).length === 0 &&
    e164.test(String(number)) &&
    isUsers(userIds) &&
    (token === null || (typeof token === 'string' && /^\d{6,8}$/.test(token))) &&
    testOutcomes.includes(outcome) &&
    (token !== null || Object(given).outcome !== undefined) &&
    endsAt !== null
  return isGood ? { number, userIds, token, outcome, endsAt } : null
}

/** Version 0.2.0 named no users: such a number is nobody's. */
function isUsers(given: unknown): boolean {
  return Array.isArray(given) && given.length <= mostUsers && given.every(id => pathId.test(id))
}

/** Returns the end of a date in UTC; null when it is no date. */
function endOfDay(date: unknown): number | null {
  if (typeof date !== 'string' || !/^\d{4}-\d\d-\d\d$/.test(date)) return null
  const start = Date.parse(date)
  const isReal = !Number.isNaN(start) && new Date(start).toISOString().startsWith(date)
  return isReal ? start + dayMs : null
}

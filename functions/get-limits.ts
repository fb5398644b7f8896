// GET /limits: the limits on sends, and how much of them the deployment and the subjects of the
// query have used; and whether these are a test number, which no limit counts.
import { endpoint } from '../lib/api/endpoint.ts'
import * as operation from '../lib/api/operations.ts'
import { json } from '../lib/api/response.ts'
import { connectStore } from '../lib/dynamodb/client.ts'
import { queriedSubjects } from '../lib/limits/query.ts'
import { readLimits } from '../lib/limits/store.ts'
import { allCountersOf, type Subjects } from '../lib/limits/subject.ts'
import { type Window, windowEnd } from '../lib/limits/window.ts'
import { defaultCountry } from '../lib/settings/device.ts'
import { limitSettings } from '../lib/settings/limits.ts'
import { indexKey, type Secrets } from '../lib/settings/secrets.ts'
import { findTestNumber, isInUse, testNumbers } from '../lib/settings/test-numbers.ts'
import { rfc3339 } from '../lib/time.ts'

const store = connectStore()

export const handler = endpoint(operation.getLimits, async ({ query, now, signal, secrets }) => {
  const limits = limitSettings()
  const loaded = await secrets.load()
  const key = indexKey(loaded)
  const subjects = { ...queriedSubjects(query, defaultCountry()), deployment: '' }
  const counters = allCountersOf({ indexKey: key, limits }, subjects, now)
  const read = await readLimits(store, counters, signal)
  return json(200, {
    mode: limits.mode,
    limits: limits.limits.map(({ limit, most, seconds }) => {
      const shards = read.filter(
        ({ window }) => window.limit === limit && window.seconds === seconds,
      )
      return {
        limit,
        most,
        seconds,
        sent: sumOf(shards.filter(({ window }) => !window.isStrangers)),
        strangers: strangersOf(shards.filter(({ window }) => window.isStrangers)),
        resetsAt: rfc3339(windowEnd(seconds, now)),
      }
    }),
    testNumber: testNumberOf(subjects, loaded, now),
  })
})

/** What the query names of the test numbers, whose dates and tokens are nobody's to read. */
function testNumberOf({ number, user: userId }: Subjects, secrets: Secrets, now: number) {
  if (number === undefined || userId === undefined) return null
  const test = findTestNumber(testNumbers(secrets), { number, userId })
  return test ? (isInUse(test, now) ? 'in_use' : 'over') : null
}

/** What devices that are not established have taken of a shared limit, and may take. */
function strangersOf(shards: { window: Window; sent: number }[]) {
  const most = shards.reduce((sum, { window }) => sum + window.most, 0)
  const sent = sumOf(shards)
  return sent === null ? null : { most, sent }
}

/** The shards together; null where the query names no subject. */
function sumOf(shards: { sent: number }[]): number | null {
  return shards.length === 0 ? null : shards.reduce((sum, { sent }) => sum + sent, 0)
}

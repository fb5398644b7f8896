// What the functions tell of a device that its item does not show: a challenge that was refused or
// was not sent, and what Twilio calls a message. One row, after the answer is decided: a login that
// goes well writes none before it is over.
import type { Challenged } from '../challenge/outcome.ts'
import { challengeId, type DeviceKey } from '../device/device.ts'
import type { Store } from '../dynamodb/client.ts'
import { messageRow } from '../search/row.ts'
import { timelineDays } from '../settings/timeline.ts'
import {
  type ChallengeRefusal,
  type DeliveryNews,
  deliveryRow,
  endRow,
  erasureRow,
  refusalRow,
  type TimelineRow,
} from './row.ts'
import { eraseTimeline, keepRows } from './store.ts'

/** Keeps a challenge that was refused, or that ended otherwise than sent. Never throws. */
export async function keepChallenge(
  store: Store,
  key: DeviceKey,
  challenged: Challenged,
  { actor, now }: { actor: string; now: number },
): Promise<void> {
  const days = timelineDays()
  if (days === null) return
  const row = rowOfChallenge(key, challenged, { actor, now, days })
  if (row !== null && isNew(row)) await keepRows(store, [row])
}

/** The rows of the minute that is running: a flood of one refusal is not a flood of writes. */
const told = new Set<string>()
let toldIn = ''
const mostTold = 1_000

function isNew({ type, subject, entry }: TimelineRow): boolean {
  if (type !== 'challenge_refused') return true
  const minute = entry.slice(0, 13)
  if (minute !== toldIn || told.size >= mostTold) told.clear()
  toldIn = minute
  const isFirst = !told.has(`${subject} ${entry}`)
  told.add(`${subject} ${entry}`)
  return isFirst
}

function rowOfChallenge(
  key: DeviceKey,
  challenged: Challenged,
  told: { actor: string; now: number; days: number },
): TimelineRow | null {
  if (challenged.outcome === 'ended') {
    const { device, result, isRetry } = challenged
    if (isRetry || result.code === 'sent') return null
    return endRow(device, challengeId(device), result, told)
  }
  const refusal = refusalOf(challenged)
  return refusal && refusalRow(key, refusal, told)
}

/** The code of the API by which a challenge was refused; null where its device tells nothing. */
function refusalOf(challenged: Challenged): ChallengeRefusal | null {
  switch (challenged.outcome) {
    case 'cooldown':
      return { code: 'cooldown' }
    case 'limited':
      return { code: 'limit_reached', limit: challenged.limit }
    case 'suspended':
      return { code: 'suspended', limit: challenged.suspended }
    case 'country_not_allowed':
      return { code: 'country_not_allowed' }
    case 'disabled':
      return { code: 'device_disabled' }
    default:
      return null
  }
}

/**
 * Erases what is kept of a user whose devices are deleted, and keeps that it was done, without the
 * user's id. What the stream still brings is erased by its reader, which `markErased` has told.
 */
export async function eraseUser(
  store: Store,
  userId: string,
  { actor, now, signal }: { actor: string; now: number; signal: AbortSignal },
): Promise<void> {
  await eraseTimeline(store, userId, null, signal)
  const days = timelineDays()
  if (days !== null) await keepRows(store, [erasureRow({ actor, now, days })])
}

/** Keeps what became of a message. Never throws. */
export async function keepDelivery(
  store: Store,
  key: DeviceKey,
  news: DeliveryNews,
  now: number,
): Promise<void> {
  const days = timelineDays()
  if (days === null) return
  const row = deliveryRow(key, news, { now, days })
  // By its SID a message is asked for that did not arrive.
  const sid = news.status === 'delivered' ? null : news.messageSid
  await keepRows(store, sid === null ? [row] : [row, messageRow(sid, key, now, days)])
}

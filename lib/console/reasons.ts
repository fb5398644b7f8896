// Why a phone gets no SMS: what holds the next one back, and what became of the last. Pure rules.
// What the page or its key cannot ask for, the timeline tells by its last refusal.
import type { Device, Key, Limits, Suspensions, TimelineEvent } from './api.ts'
import { lockOf } from './lock.ts'

type Limit = Limits['limits'][number]

/** The query that names a suspension. */
export type SuspendedSubject = { prefix: string } | { country: string }

/** What is known beside the device; null is not known, or not for this key. */
export interface Known {
  /** What is switched on, as the key was told it. */
  on: Pick<Key, 'channels' | 'countries'>
  limits: Limits | null
  /** Those that hold the number. */
  suspensions: Suspensions | null
  /** Newest first. */
  events: TimelineEvent[] | null
}

/** One reason; those that hold the next message back come first. */
export type Reason =
  | { kind: 'disabled' }
  | { kind: 'country_off' }
  /** No SMS at all: what is sent goes by these. */
  | { kind: 'sms_off'; channels: Key['channels'] }
  | { kind: 'test_over' }
  | { kind: 'suspended'; subject: SuspendedSubject; until: string }
  | { kind: 'limit'; limit: Limit }
  | { kind: 'cooldown'; until: string }
  /** A refusal that no longer holds, or of which nothing more is known. */
  | { kind: 'refused'; code: string; limit: string | null; at: string }
  /** Twilio did not take the message. */
  | { kind: 'failed'; code: string; twilioCode: number | null; at: string }
  /** Twilio took it, and it did not arrive. */
  | { kind: 'undelivered'; delivery: LastDelivery }

/** What became of the last message. */
export interface LastDelivery extends NonNullable<Device['delivery']> {
  twilioCode: number | null
  messageSid: string | null
}

/** Returns why the phone of a device gets no SMS; none where nothing is known to be wrong. */
export function reasonsOf(device: Device, known: Known, now: number): Reason[] {
  const events = ofThisNumber(known.events ?? [])
  // Nothing suspends or counts a test number.
  const isTest = known.limits ? known.limits.testNumber !== null : device.test
  const held = [
    ...(lockOf(device, now) === 'disabled' ? [{ kind: 'disabled' as const }] : []),
    ...switchedOff(device, known.on),
    ...testOver(known.limits, events),
    ...(isTest ? [] : suspensionsOf(device, known.suspensions, now)),
    ...(isTest ? [] : limitsOf(device, known.limits, now)),
    ...cooldownOf(device, now),
  ]
  return [...held, ...lastRefusal(events, held), ...lastMishap(device, events)]
}

/** What happened to another number explains nothing. */
function ofThisNumber(events: TimelineEvent[]): TimelineEvent[] {
  const changed = events.findIndex(({ type }) => type === 'number_changed')
  return changed < 0 ? events : events.slice(0, changed)
}

/** Whether a reason holds the next message back. */
export function isHolding({ kind }: Reason): boolean {
  return kind !== 'refused' && kind !== 'failed' && kind !== 'undelivered'
}

const attempts: readonly string[] = ['challenged', 'challenge_refused', 'challenge_failed']

/** A number of no known country is sent to only where all countries are. */
function switchedOff({ country }: Device, { channels, countries }: Known['on']): Reason[] {
  const isOff = countries !== null && !(country !== null && countries.includes(country))
  return [
    ...(isOff ? [{ kind: 'country_off' as const }] : []),
    ...(channels.includes('sms') ? [] : [{ kind: 'sms_off' as const, channels }]),
  ]
}

/** Where no limits are seen, the date is taken to be past as long as nothing was sent since. */
function testOver(limits: Limits | null, events: TimelineEvent[]): Reason[] {
  const last = events.find(({ type }) => attempts.includes(type))
  const isOver = limits ? limits.testNumber === 'over' : last?.code === 'test_number_expired'
  return isOver ? [{ kind: 'test_over' }] : []
}

/** An established device is never suspended. */
function suspensionsOf(device: Device, known: Suspensions | null, now: number): Reason[] {
  if (known?.mode !== 'on' || device.established) return []
  return known.suspended
    .filter(one => now < Date.parse(one.until))
    .map(one => ({
      kind: 'suspended',
      subject: 'prefix' in one ? { prefix: one.prefix } : { country: one.country },
      until: one.until,
    }))
}

/** Whether a limit has no room for the next message of a device. */
export function isFull({ sent, most, strangers }: Limit, { established }: Device): boolean {
  if (sent === null) return false
  return sent >= most || (!established && strangers !== null && strangers.sent >= strangers.most)
}

function limitsOf(device: Device, known: Limits | null, now: number): Reason[] {
  if (known?.mode !== 'on') return []
  return known.limits
    .filter(limit => isFull(limit, device) && now < Date.parse(limit.resetsAt))
    .map(limit => ({ kind: 'limit', limit }))
}

function cooldownOf({ cooldown: { nextChallengeAt } }: Device, now: number): Reason[] {
  if (nextChallengeAt === null || now >= Date.parse(nextChallengeAt)) return []
  return [{ kind: 'cooldown', until: nextChallengeAt }]
}

const kindOfCode: Readonly<Record<string, Reason['kind']>> = {
  cooldown: 'cooldown',
  limit_reached: 'limit',
  suspended: 'suspended',
  device_disabled: 'disabled',
  country_not_allowed: 'country_off',
}

/** The last refusal, unless what holds now says it already. */
function lastRefusal(events: TimelineEvent[], held: Reason[]): Reason[] {
  const last = events.find(({ type }) => attempts.includes(type))
  if (last?.type !== 'challenge_refused' || last.code === undefined) return []
  const { code, limit = null, at } = last
  const kind = kindOfCode[code]
  // A cooldown that is over explains nothing: the message before it does.
  if (kind === 'cooldown' || held.some(reason => reason.kind === kind)) return []
  return [{ kind: 'refused', code, limit, at }]
}

function lastMishap(device: Device, events: TimelineEvent[]): Reason[] {
  const last = events.find(({ type }) => type === 'challenge_failed' || type === 'challenged')
  const delivery = deliveryOf(device, events)
  const at = Date.parse(delivery?.at ?? '')
  // Twilio may report of a message later than its challenge has failed.
  if (last?.type === 'challenge_failed' && !(at > Date.parse(last.at))) {
    const { code = '', twilioCode = null } = last
    return code === 'test_number_expired' ? [] : [{ kind: 'failed', code, twilioCode, at: last.at }]
  }
  if (isLost(delivery?.status)) return delivery ? [{ kind: 'undelivered', delivery }] : []
  // While the last message is on its way, only of the one before is anything known.
  const before = delivery?.status === 'delivered' ? undefined : events.find(isDelivery)
  if (before?.status === undefined || !isLost(before.status)) return []
  const { status, reason = null, twilioCode = null, messageSid = null } = before
  const told = { status, reason, twilioCode, messageSid, at: before.at, channel: null, next: null }
  return [{ kind: 'undelivered', delivery: told }]
}

function isDelivery({ type }: TimelineEvent): boolean {
  return type === 'delivery'
}

function isLost(status: string | undefined): boolean {
  return status === 'undelivered' || status === 'failed'
}

/** Returns what became of the last message, with what the timeline knows of it. */
export function deliveryOf(
  { delivery }: Device,
  events: TimelineEvent[] | null,
): LastDelivery | null {
  if (delivery === null) return null
  const told = events?.find(
    ({ type, status, at }) =>
      type === 'delivery' && status === delivery.status && at === delivery.at,
  )
  return {
    ...delivery,
    twilioCode: told?.twilioCode ?? null,
    messageSid: told?.messageSid ?? null,
  }
}

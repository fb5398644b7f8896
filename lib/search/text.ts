// What a searched text can be: the end of a number, the beginning of a user id or of a device id,
// or a whole challenge id or message SID. One text can be several of them. A pure rule.
import type { DeviceItem } from '../device/device.ts'
import type { RowKey } from '../dynamodb/rows.ts'
import { Problem } from '../problem.ts'
import { tagOfChallenge } from '../request-name.ts'
import type { ThrottleSettings } from '../settings/throttle.ts'
import {
  type DeviceState,
  deviceOfEntry,
  isInState,
  messageSubject,
  reversedDigits,
  searchSubjects,
  stateSubject,
} from './row.ts'

/** A partition, and what the entries that are searched for begin with. */
export interface SearchPart {
  subject: string
  start: string
  /** Whether an entry is of the tenant who asks: no other is counted. Null where all are. */
  keeps: ((row: RowKey) => boolean) | null
  /** Whether a device that is found still is what was searched for. */
  matches: (device: DeviceItem) => boolean
}

const fewestDigits = 3
/** So many are a whole number in some spelling, and not its last digits alone. */
const fewestOfWhole = 8
const messageSid = /^(SM|MM|CA)[0-9a-f]{32}$/
/** As far as a UUID of a device can be told from other words. */
const startOfUuid = /^[0-9a-f]{8}(-[0-9a-f-]{0,27})?$/

/**
 * Returns what a query searches; null where it names neither a text nor a state. Throws
 * `invalid_query` where it names more than one thing.
 */
export function searchParts(
  query: {
    number?: string | undefined
    search?: string | undefined
    state?: DeviceState | undefined
  },
  prefix: string | null,
  { throttle, now }: { throttle: ThrottleSettings; now: number },
): SearchPart[] | null {
  const { number, search, state } = query
  if ([number, search, state].filter(one => one !== undefined).length > 1) {
    throw new Problem('invalid_query', 'Name only one of number, search and state.')
  }
  if (search !== undefined) return partsOf(search.trim(), prefix)
  if (state === undefined) return null
  const matches = (device: DeviceItem) => isInState(device, state, throttle, now)
  return [{ subject: stateSubject(state), start: prefix ?? '', keeps: null, matches }]
}

/** Returns what a text is searched as, in this order; `prefix` is that of a tenant's users. */
export function partsOf(text: string, prefix: string | null): SearchPart[] {
  const keeps =
    prefix === null ? null : (row: RowKey) => deviceOfEntry(row).userId.startsWith(prefix)
  const part = (
    subject: string,
    start: string,
    matches: (device: DeviceItem) => boolean = () => true,
  ): SearchPart => ({ subject, start, keeps, matches })
  const parts: SearchPart[] = []
  if (messageSid.test(text)) parts.push(part(messageSubject(text), ''))
  const tag = tagOfChallenge(text)
  if (tag !== null) parts.push(part(searchSubjects.challenge, tag))
  const digits = endOfNumber(text)
  if (/^[+\d\s().-]+$/.test(text) && digits.length >= fewestDigits) {
    const ends = ({ number }: DeviceItem) => reversedDigits(number).startsWith(digits)
    parts.push(part(searchSubjects.number, digits, ends))
  }
  if (startOfUuid.test(text)) {
    parts.push(part(searchSubjects.device, text, ({ deviceId }) => deviceId.startsWith(text)))
  }
  const start = startOfUsers(text, prefix)
  if (start !== null) {
    const matches = ({ userId }: DeviceItem) => userId.startsWith(text)
    parts.push({ subject: searchSubjects.user, start, keeps: null, matches })
  }
  return parts
}

/**
 * The zeros of a national or international prefix are no digits of the number itself, nor is the
 * one of `+44 (0)20 …`.
 */
function endOfNumber(text: string): string {
  const digits = reversedDigits(text.replace('(0)', ''))
  return digits.length >= fewestOfWhole ? digits.replace(/0{1,3}$/, '') : digits
}

/** What the ids of users begin with that begin with a text, among those of a tenant. */
function startOfUsers(text: string, prefix: string | null): string | null {
  if (prefix === null || text.startsWith(prefix)) return text
  return prefix.startsWith(text) ? prefix : null
}

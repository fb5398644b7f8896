// Whether a challenge's number is suspended. An established device never is, whoever else has drawn
// the suspension. It fails open: when the table cannot be read, no login is blocked.
import type { PhoneNumber } from '../device/device.ts'
import type { Store } from '../dynamodb/client.ts'
import { countOutcome, describeError, logger } from '../log.ts'
import type { BreakerSettings, SuspendedKind } from '../settings/breaker.ts'
import { readEntries } from './store.ts'
import {
  decidingEntries,
  entriesOf,
  isAlwaysAllowed,
  kindOf,
  suspensionSubjects,
} from './subject.ts'

/** What a number is suspended by: its prefix or its country. */
export interface Suspended {
  suspended: SuspendedKind
  until: number
}

/** What the gate needs to know. */
interface GateContext {
  breaker: BreakerSettings
  indexKey: Uint8Array
  /** Of the device that is challenged. */
  isEstablished: boolean
  now: number
}

/** The limits are checked at the same time and take as long, so this adds no wait. */
const longestReadMs = 700

/**
 * Finds the suspension that a number is under now. Null when there is none, when the device is
 * established or the number allowed, and when the table cannot be read.
 */
export async function findSuspension(
  store: Store,
  phone: PhoneNumber,
  { breaker, indexKey, isEstablished, now }: GateContext,
  signal: AbortSignal,
): Promise<Suspended | null> {
  if (breaker.mode === 'off' || isEstablished) return null
  if (isAlwaysAllowed(phone, breaker.alwaysAllow)) return null
  const reading = AbortSignal.any([signal, AbortSignal.timeout(longestReadMs)])
  try {
    const names = Object.values(suspensionSubjects(phone))
    const entries = await readEntries(store, names, 'once', reading)
    if (!entries.some(({ until }) => until > now)) return null
    // All entries share a partition. What is only ever allowed is read where it makes a difference.
    const others = entriesOf(phone, indexKey).filter(entry => !names.includes(entry))
    entries.push(...(await readEntries(store, others, 'once', reading)))
    const rule = { alwaysAllow: breaker.alwaysAllow, indexKey, now }
    const [longest] = decidingEntries(phone, entries, rule)
    if (longest === undefined || longest.allowed) return null
    const suspended = kindOf(longest.entry) as SuspendedKind
    countOutcome('breaker', `refused_${suspended}`)
    return breaker.mode === 'on' ? { suspended, until: longest.until } : null
  } catch (error) {
    logger.warn('suspensions are not known', { error: describeError(error) })
    countOutcome('breaker', 'unknown')
    return null
  }
}

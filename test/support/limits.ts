// Limits as a test sets them.
import type { Limit, LimitSettings } from '../../lib/settings/limits.ts'

/** Limits that refuse, and keep nothing for established devices. */
export function limitsOn(limits: Limit[]): LimitSettings {
  return { mode: 'on', limits, establishedShare: 0 }
}

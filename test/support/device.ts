// A device and its number for tests of rules: no store, no SDK.
import { type DeviceItem, newDevice } from '../../lib/device/device.ts'

/** Some moment; a fixed one, so that times in tests are literals from here on. */
export const noon = Date.UTC(2026, 0, 1, 12)

/** A new device of alice's, but for what is given. */
export function deviceOf(given: Partial<DeviceItem> = {}): DeviceItem {
  const fresh = newDevice({
    userId: 'alice',
    deviceId: '0190f5a0-0000-7000-8000-000000000001',
    name: '',
    number: '+15555550100',
    country: '',
    confirmed: false,
    factorMs: 1000,
    now: noon,
  })
  return { ...fresh, ...given }
}

let lastNumber = 10_000

/** A number that no other device of the test file has, so that no limit has counted it yet. */
export function someNumber(): string {
  lastNumber += 1
  return `+4420718${lastNumber}`
}

/** The date in so many days, as in 2026-12-31: a test number may not live for longer than 90. */
export function dayAfter(days: number): string {
  return new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 'yyyy-mm-dd'.length)
}

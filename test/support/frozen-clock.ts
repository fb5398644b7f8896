// The clock of a test file that stands still at noon, and the settings that each test may change.
import { afterEach, beforeEach, vi } from 'vitest'
import { noon } from './device.ts'
import { setEnvironment } from './set-environment.ts'

/** Before each test the clock stands at noon; after it, clock and environment are as they were. */
export function freezeAtNoon(): void {
  const settings = { ...process.env }

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['Date'], now: noon })
  })

  afterEach(() => {
    vi.useRealTimers()
    setEnvironment(settings)
  })
}

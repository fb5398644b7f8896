// A step that is repeated until npm start ends.
import { setTimeout as wait } from 'node:timers/promises'

/** Work that goes on until it is closed. */
export interface Polling {
  close(): void
}

/**
 * Repeats a step, with a pause before each. Warns only of the first of several failures in a row.
 */
export function poll(what: string, pauseMs: number, step: () => Promise<void>): Polling {
  const closing = new AbortController()
  const { signal } = closing
  const goOn = async () => {
    for (let failed = false; ; ) {
      await wait(pauseMs, undefined, { signal })
      try {
        await step()
        failed = false
      } catch (error) {
        if (!failed && !signal.aborted) console.warn(`${what}: ${(error as Error).name}, going on.`)
        failed = true
      }
    }
  }
  goOn().catch(() => {}) // closed
  return { close: () => closing.abort() }
}

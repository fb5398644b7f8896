// What is asked for again and again until npm start ends.
import { setTimeout as wait } from 'node:timers/promises'

/** Something that goes on until it is closed. */
export interface Polling {
  close(): void
}

/** Takes a step, and the next one a pause later. A step that fails is told once, until one succeeds. */
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

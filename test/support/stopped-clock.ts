// A clock that stands still but for what a test lets pass, under real sockets. The test file takes
// the timers back.
import { vi } from 'vitest'

/**
 * Does the work by a clock that stands still until something was asked for. Then so many
 * milliseconds pass, and no more: what has not ended by then never does.
 */
export async function endedWithin<T>(
  ms: number,
  work: () => Promise<T>,
  isAsked: () => number | boolean = () => true,
): Promise<T> {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
  vi.spyOn(AbortSignal, 'timeout').mockImplementation(length => {
    const controller = new AbortController()
    setTimeout(() => controller.abort(new DOMException('Too late.', 'TimeoutError')), length)
    return controller.signal
  })
  let isEnded = false
  const ended = work().finally(() => {
    isEnded = true
  })
  while (!isAsked()) await oneTurn()
  await vi.advanceTimersByTimeAsync(ms)
  while (!isEnded) await oneTurn()
  return ended
}

/** Lets the sockets have their turn, which no clock holds. */
async function oneTurn(): Promise<void> {
  await new Promise(resolve => setImmediate(resolve))
  await vi.advanceTimersByTimeAsync(0)
}

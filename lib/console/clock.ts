// The service's time: what counts down here must end when it ends there, however wrong this machine's clock is.
import { useEffect, useState } from 'preact/hooks'

let aheadMs = 0
const listeners = new Set<() => void>()
let timer: ReturnType<typeof setInterval> | undefined

/** Takes the Date of an answer; it is whole seconds, so a smaller difference is none. */
export function learnServerTime(date: string | null): void {
  const at = Date.parse(date ?? '')
  if (Number.isNaN(at)) return
  const difference = at - Date.now()
  aheadMs = Math.abs(difference) > 2000 ? difference : 0
}

/** Milliseconds since the epoch, by the service's clock. */
export function serverNow(): number {
  return Date.now() + aheadMs
}

/** The time, each second anew; one timer for everything that counts. */
export function useNow(): number {
  const [now, setNow] = useState(serverNow)
  useEffect(() => {
    const tick = () => setNow(serverNow())
    listeners.add(tick)
    timer ??= setInterval(
      () =>
        listeners.forEach(listener => {
          listener()
        }),
      1000,
    )
    return () => {
      listeners.delete(tick)
      if (listeners.size > 0) return
      clearInterval(timer)
      timer = undefined
    }
  }, [])
  return now
}

const day = 24 * 60 * 60 * 1000

/** Calls back, and draws anew, once a moment has come; null is none. */
export function useMomentOf(at: number | null, then?: () => void): void {
  const [, drawAnew] = useState(0)
  useEffect(() => {
    if (at === null) return
    // A timer holds no more than 24.8 days; and what ends so late can wait for a reload.
    const timer = setTimeout(
      () => {
        drawAnew(times => times + 1)
        then?.()
      },
      Math.min(at - serverNow(), day) + marginMs,
    )
    return () => clearTimeout(timer)
  }, [at])
}

/** The service's clock is known to the second only, and its answer must be of after the moment. */
const marginMs = 300

// The service's time: a countdown here must end when it ends there, however wrong the clock
// of this machine is.
import { useEffect, useState } from 'preact/hooks'

let aheadMs = 0
const listeners = new Set<() => void>()
let timer: ReturnType<typeof setInterval> | undefined

/**
 * Learns the time from an answer's Date header. It has whole seconds, so a smaller
 * difference is ignored.
 */
export function learnServerTime(date: string | null): void {
  const at = Date.parse(date ?? '')
  if (Number.isNaN(at)) return
  const difference = at - Date.now()
  aheadMs = Math.abs(difference) > 2000 ? difference : 0
}

/** Returns milliseconds since the epoch, by the service's clock. */
export function serverNow(): number {
  return Date.now() + aheadMs
}

/** Returns the time, renewed each second. All countdowns share one timer. */
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

/** Calls back and renders again once a moment has come; null is no moment. */
export function useMomentOf(at: number | null, then?: () => void): void {
  const [, drawAnew] = useState(0)
  useEffect(() => {
    if (at === null) return
    // A timer holds at most 24.8 days, and a later end can wait for a reload.
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

/**
 * The service's clock is known only to the second, and the next answer must be
 * from after the moment.
 */
const marginMs = 300

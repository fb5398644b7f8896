// Signing out whoever has left: after OTP_CONSOLE_IDLE_MINUTES without a key, a click or a touch.
// A machine that slept meanwhile counts by its clock, and not by timers.
import { useEffect } from 'preact/hooks'

const touched = 'console-touched-at'
const signs = ['keydown', 'pointerdown', 'pointermove', 'wheel'] as const
const everyMs = 5000

/** The function writes it into the page; 0 never signs out. */
const idleMinutes = () => Number(document.documentElement.dataset.idleMinutes)

/** Whether the page was touched in this tab, but not for as long as the setting says. */
export function isIdleSince(now = Date.now()): boolean {
  const at = sessionStorage.getItem(touched)
  return at !== null && idleMinutes() > 0 && now - Number(at) >= idleMinutes() * 60_000
}

/** Calls back once nobody has touched the page for long enough, while somebody is signed in. */
export function useIdle(isSignedIn: boolean, then: () => void): void {
  useEffect(() => {
    if (!isSignedIn) return
    const touch = () => {
      // What wakes a machine up must not count as its use.
      if (!isIdleSince()) sessionStorage.setItem(touched, String(Date.now()))
    }
    const look = () => isIdleSince() && then()
    sessionStorage.setItem(touched, String(Date.now()))
    for (const sign of signs) addEventListener(sign, touch, { passive: true })
    document.addEventListener('visibilitychange', look)
    const timer = setInterval(look, everyMs)
    return () => {
      for (const sign of signs) removeEventListener(sign, touch)
      document.removeEventListener('visibilitychange', look)
      clearInterval(timer)
    }
  }, [isSignedIn])
}

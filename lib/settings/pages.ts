// OTP_PUBLIC_PAGES: what the API shows to whoever asks, without a key: `console` (GET /admin) and
// `openapi` (GET /openapi.json), both where nothing is set; `off` is neither. And
// OTP_CONSOLE_IDLE_MINUTES: when the console signs out whoever has left it.
import { type Environment, integer, inWords, listOf, text } from './read.ts'

/** The pages. */
export const publicPages = ['console', 'openapi'] as const

/** A public page. */
export type PublicPage = (typeof publicPages)[number]

/** Reads which pages are shown. Throws `not_configured`. */
export function shownPages(env: Environment = process.env): PublicPage[] {
  const name = 'OTP_PUBLIC_PAGES'
  const value = text(env, name) ?? publicPages.join()
  if (value === 'off') return []
  return listOf({ name, value }, publicPages, `off, or a list of ${inWords(publicPages, 'and')}`)
}

/** Reads after how many minutes the console signs out; 0 never does. Throws `not_configured`. */
export function consoleIdleMinutes(env: Environment = process.env): number {
  return integer(env, 'OTP_CONSOLE_IDLE_MINUTES', { min: 0, max: 1440, byDefault: 15 })
}

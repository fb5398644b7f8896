// OTP_PUBLIC_PAGES: what the API shows to whoever asks, without a key: `console` (GET /admin) and
// `openapi` (GET /openapi.json), both where nothing is set; `off` is neither.
import { type Environment, inWords, misconfigured, text } from './read.ts'

/** The pages. */
export const publicPages = ['console', 'openapi'] as const

/** A public page. */
export type PublicPage = (typeof publicPages)[number]

/** Reads which pages are shown. Throws `not_configured`. */
export function shownPages(env: Environment = process.env): PublicPage[] {
  const value = text(env, 'OTP_PUBLIC_PAGES') ?? publicPages.join()
  if (value === 'off') return []
  const named = value.split(',').map(one => one.trim())
  const shown = publicPages.filter(page => named.includes(page))
  if (shown.length === named.length) return shown
  throw misconfigured('OTP_PUBLIC_PAGES', `off, or a list of ${inWords(publicPages, 'and')}`)
}

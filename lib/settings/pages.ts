// OTP_PUBLIC_PAGES: what the API shows to whoever asks, without a key: `console` (GET /admin) and
// `openapi` (GET /openapi.json), both where nothing is set; `off` is neither.
import { type Environment, inWords, listOf, text } from './read.ts'

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

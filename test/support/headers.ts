// The headers of every answer.

/** What every answer says to caches and browsers. */
export const securityHeaders = {
  'cache-control': 'no-store',
  'strict-transport-security': 'max-age=31536000',
  'x-content-type-options': 'nosniff',
}

// The session of a user who is logged in: a signed cookie. Yours has one of its own.
import { createHmac, timingSafeEqual } from 'node:crypto'

/** Makes the cookie of a user's session. */
export function cookieOf(user) {
  const name = Buffer.from(user).toString('base64url')
  return `session=${name}.${sign(name)}`
}

/** Returns whose session it is; null where there is none. */
export function userOf(cookies = []) {
  const [, name, signature] = /^session=([\w-]+)\.([\w-]{43})$/.exec(cookies[0]) ?? []
  if (name === undefined) return null
  const isSigned = timingSafeEqual(Buffer.from(signature), Buffer.from(sign(name)))
  return isSigned ? Buffer.from(name, 'base64url').toString() : null
}

function sign(name) {
  return createHmac('sha256', process.env.SESSION_KEY).update(name).digest('base64url')
}

// The shapes of what clients send. Messages are whole sentences: they are the `detail` of the answer.
import * as v from 'valibot'

const name = v.pipe(
  v.string('The name must be text.'),
  v.check(name => [...name].length <= 64, 'The name must be at most 64 characters.'),
  v.check(
    name => name.isWellFormed() && !/\p{Cc}/u.test(name),
    'The name must be well-formed text without control characters.',
  ),
)
const numberText = 'The number must be text of 1 to 64 characters.'
const number = v.pipe(v.string(numberText), v.minLength(1, numberText), v.maxLength(64, numberText))
const confirmed = v.boolean('The member confirmed must be true or false.')
const tokenText = 'The token must be text of 1 to 64 characters.'

/** POST /users/{userId}/devices */
export const createBody = v.strictObject({
  number,
  name: v.optional(name, ''),
  confirmed: v.optional(confirmed, false),
})

/** PATCH /users/{userId}/devices/{deviceId} */
export const patchBody = v.strictObject({
  number: v.exactOptional(number),
  name: v.exactOptional(name),
  confirmed: v.exactOptional(confirmed),
})

/** POST …/verify: a token is trimmed, and nothing else of it is changed. */
export const verifyBody = v.strictObject({
  token: v.pipe(
    v.string(tokenText),
    v.trim(),
    v.minLength(1, tokenText),
    v.maxLength(64, tokenText),
  ),
})

/** A request that takes nothing. */
export const nothing = v.strictObject({})

/** GET /users/{userId}/devices */
export const listQuery = v.strictObject({
  confirmed: v.optional(
    v.picklist(['true', 'false'], 'The query confirmed must be true or false.'),
  ),
})

/** GET /devices */
export const findQuery = v.strictObject({
  // A plus that was not percent-encoded arrives as a space.
  number: v.optional(
    v.pipe(
      number,
      v.transform(text => text.replace(/^ (?=\d)/, '+')),
    ),
  ),
  cursor: v.optional(v.string()),
  limit: v.optional(
    v.pipe(
      v.string(),
      v.regex(/^([1-9]\d?|100)$/, 'The limit must be a whole number from 1 to 100.'),
      v.transform(Number),
    ),
    '25',
  ),
})

// The schemas of requests. A message is a whole sentence, because it becomes the `detail`
// of the answer. The OpenAPI document is made from these schemas, so they check nothing
// that it cannot express; the metadata of a query says what its text stands for.
import { isIP } from 'node:net'
import * as v from 'valibot'
import { challengeIdForm, countryForm, pathId } from '../formats.ts'
import { deviceStates } from '../search/row.ts'
import { channels } from '../settings/channels.ts'
import { inWords } from '../settings/read.ts'
import { typedToken } from '../typed.ts'

/** The longest text of any member, in characters (code points, as JSON Schema counts them). */
export const longestText = 64

/** Whether a text has at most `longestText` characters; OpenAPI's maxLength. */
export function isShort(text: string): boolean {
  return [...text].length <= longestText
}

/* @__NO_SIDE_EFFECTS__ */
const short = (message: string) => v.check<string, string>(isShort, message)

/** Bytes of UTF-8: with the longest name, the item must still be one write unit. */
const longestName = 128

/**
 * What is not seen, or turns the order of what is: a reader would see another name than was
 * written. Joiners and variation selectors are parts of letters and emoji.
 */
const hidden = /(?![\p{Join_C}\p{VS}])[\p{Cf}\p{Zl}\p{Zp}\p{DI}\u2800]/u
const hiddenText = 'The name must be without invisible characters and marks of direction.'

const controlText = 'The name must be well-formed text without control characters.'
const name = v.pipe(
  v.string('The name must be text.'),
  short('The name must be at most 64 characters.'),
  v.check(text => text.isWellFormed(), controlText),
  v.check(text => !hidden.test(text), hiddenText),
  v.check(
    text => Buffer.byteLength(text) <= longestName,
    'The name must be at most 128 bytes of UTF-8.',
  ),
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are refused
  v.regex(/^[^\u0000-\u001f\u007f-\u009f]*$/u, controlText),
)
const numberText = 'The number must be text of 1 to 64 characters.'
const number = v.pipe(v.string(numberText), v.minLength(1, numberText), short(numberText))
const confirmed = v.boolean('The member confirmed must be true or false.')
const tokenText = 'The token must be text of 1 to 64 characters.'

/** Body of POST /users/{userId}/devices. */
export const createBody = v.strictObject({
  number,
  name: v.optional(name, ''),
  confirmed: v.optional(confirmed, false),
})

/** Body of PATCH /users/{userId}/devices/{deviceId}. */
export const patchBody = v.strictObject({
  number: v.exactOptional(number),
  name: v.exactOptional(name),
  confirmed: v.exactOptional(confirmed),
})

/** The sentence for a malformed challengeId. */
export const challengeIdSentence = 'The challengeId must be one that a challenge was answered with.'

const challengeId = v.pipe(
  v.string(challengeIdSentence),
  v.regex(challengeIdForm, challengeIdSentence),
)

/** Query of GET …/challenge. */
export const challengeQuery = v.strictObject({ challengeId: v.optional(challengeId) })

/**
 * Whether a text is an address in any notation; OpenAPI's formats ipv4 and ipv6. An IPv6 zone
 * (fe80::1%eth0) means nothing on another machine.
 */
export function isAddress(text: string): boolean {
  return isIP(text) !== 0 && !text.includes('%')
}

const clientIpText = 'The clientIp must be an IPv4 or IPv6 address.'
const clientIp = v.pipe(v.string(clientIpText), v.check(isAddress, clientIpText))

/* @__NO_SIDE_EFFECTS__ */
const printable = (name: string, longest: number) => {
  const sentence = `The ${name} must be 1 to ${longest} printable ASCII characters without spaces.`
  return v.pipe(v.string(sentence), v.maxLength(longest, sentence), v.regex(/^[!-~]+$/, sentence))
}

/**
 * Body of POST …/verify. The token is taken as it was meant: what nobody sees costs no lock.
 * Whether the challengeId may be left out is a setting's.
 */
export const verifyBody = v.strictObject({
  token: v.pipe(
    v.string(tokenText),
    short(tokenText),
    // biome-ignore lint/suspicious/noControlCharactersInRegex: all that any language calls space
    v.regex(/[^\s\u001c-\u001f\u0085\ufeff]/u, tokenText),
    v.transform(typedToken),
    v.minLength(1, tokenText),
  ),
  challengeId: v.exactOptional(challengeId),
  clientIp: v.exactOptional(clientIp),
  audience: v.exactOptional(printable('audience', 128)),
  nonce: v.exactOptional(printable('nonce', 64)),
})

/**
 * Body of POST …/challenge. Without a channel, the route of the number's country decides. An
 * unknown locale is accepted.
 */
export const challengeBody = v.strictObject({
  clientIp: v.exactOptional(clientIp),
  channel: v.exactOptional(v.picklist(channels, () => `The channel must be ${inWords(channels)}.`)),
  resend: v.optional(v.boolean('The member resend must be true or false.'), false),
  locale: v.exactOptional(
    v.pipe(
      v.string('The locale must be text, such as de-AT.'),
      short('The locale must be at most 64 characters.'),
    ),
  ),
})

/** Schema of a request that takes nothing. */
export const nothing = v.strictObject({})

const cursor = v.optional(v.string())
const limit = v.pipe(
  v.string(),
  v.regex(/^([1-9][0-9]?|100)$/, 'The limit must be a whole number from 1 to 100.'),
  v.metadata({ type: 'integer', minimum: 1, maximum: 100 }),
  v.transform(Number),
)

/** Query of GET /users/{userId}/devices. */
export const listQuery = v.strictObject({
  confirmed: v.optional(
    v.pipe(
      v.picklist(['true', 'false'], 'The query confirmed must be true or false.'),
      v.metadata({ type: 'boolean' }),
    ),
  ),
  cursor,
  limit: v.optional(limit, '100'),
})

const country = v.pipe(
  v.string(),
  v.regex(countryForm, 'The country must be an ISO 3166-1 code such as GB.'),
)

/** Query of GET and DELETE /limits: the subjects whose counters are meant. */
export const limitsQuery = v.strictObject({
  number: v.exactOptional(number),
  userId: v.exactOptional(
    v.pipe(v.string(), v.regex(pathId, 'The userId must be one as in a path.')),
  ),
  deviceId: v.exactOptional(
    v.pipe(v.string(), v.regex(pathId, 'The deviceId must be one as in a path.')),
  ),
  clientIp: v.exactOptional(clientIp),
  country: v.exactOptional(country),
})

const prefix = v.pipe(
  v.string(),
  v.regex(
    // E.164 has 15 digits, and a prefix leaves out the last four.
    /^[+ ]?[1-9][0-9]{0,10}$/,
    'The prefix must be the first digits of numbers, such as +4420718.',
  ),
  v.transform(text => text.replace(/^[+ ]?/, '+')),
)

/** Query of GET /suspensions: the number that they are to be about. */
export const numberQuery = v.strictObject({ number: v.exactOptional(number) })

/** Query of DELETE /suspensions: the suspension that is meant. */
export const suspensionsQuery = v.strictObject({
  prefix: v.exactOptional(prefix),
  country: v.exactOptional(country),
})

/** Query of PUT and DELETE /always-allow: what is always allowed. */
export const allowQuery = v.strictObject({
  number: v.exactOptional(number),
  prefix: v.exactOptional(prefix),
  country: v.exactOptional(country),
})

const searchText = 'The search must be text of 1 to 128 characters.'

/** Query of GET /all/devices: a number, a text or a state, or none of them. */
export const findQuery = v.strictObject({
  number: v.optional(number),
  search: v.optional(
    v.pipe(
      v.string(),
      v.minLength(1, searchText),
      v.check(text => [...text].length <= 128, searchText),
    ),
  ),
  state: v.optional(v.picklist(deviceStates, () => `The state must be ${inWords(deviceStates)}.`)),
  cursor,
  limit: v.optional(limit, '25'),
})

/** Query of GET …/events. */
export const eventsQuery = v.strictObject({ cursor, limit: v.optional(limit, '25') })

/** Query of GET /figures. */
export const figuresQuery = v.strictObject({
  hours: v.optional(
    v.pipe(
      v.string(),
      v.regex(
        /^([1-9][0-9]?|1[0-5][0-9]|16[0-8])$/,
        'The hours must be a whole number from 1 to 168.',
      ),
      v.metadata({ type: 'integer', minimum: 1, maximum: 168 }),
      v.transform(Number),
    ),
    '24',
  ),
})

// The formats of ids and numbers, defined once: the API checks with them, and the OpenAPI
// document shows them.

/** A number in E.164 (ITU-T E.164 §6): a country code and a subscriber's number, 7 to 15 digits. */
export const e164 = /^\+[1-9][0-9]{6,14}$/

/**
 * A userId or deviceId. Dots alone are none: `.` and `..` are steps in a path, which clients take
 * before a request is sent.
 */
export const pathId = /^(?!\.+$)[A-Za-z0-9._~:@|+-]{1,128}$/

/** Whom a proof is for, as its verifier is called. */
export const audienceForm = /^[!-~]{1,128}$/

/** What the user ids of a tenant begin with. The colon parts `acme:` from `acme2:`. */
export const userPrefix = /^[A-Za-z0-9._~@|+-][A-Za-z0-9._~:@|+-]{0,125}:$/

/** A challengeId: made by the service, never by the caller. */
export const challengeIdForm = /^[A-Za-z0-9_-]{1,64}$/

/** A country code, ISO 3166-1 alpha-2, by its form alone. */
export const countryForm = /^[A-Z]{2}$/

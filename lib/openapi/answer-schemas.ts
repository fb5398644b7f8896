// The schemas of the API's answers, for its OpenAPI document. A test holds real
// answers against them.

import * as v from 'valibot'
import { scopes } from '../api/api-key.ts'
import { challengeStates } from '../challenge/view.ts'
import { deliveryReasons, deliveryStatuses, nextSteps } from '../device/delivery-record.ts'
import { countryForm, e164 } from '../formats.ts'
import { suspendedKinds } from '../settings/breaker.ts'
import { channels } from '../settings/channels.ts'
import { limitNames } from '../settings/limits.ts'
import { costlyTypes } from '../settings/number-types.ts'
import { timelineTypes } from '../timeline/row.ts'

const moment = v.pipe(v.string(), v.isoTimestamp())
const momentOrNull = v.nullable(moment)
const failureCount = v.pipe(v.number(), v.integer(), v.minValue(0))

const named = <Name extends string>(names: readonly (Name | null)[]) =>
  v.picklist(names.filter(name => name !== null))

const deliveryReasonSchema = named(deliveryReasons)
const nextStepSchema = v.picklist(nextSteps)
const channelSchema = v.picklist(channels)

/** An object with what it is, for the document. */
function described<Entries extends v.ObjectEntries>(text: string, entries: Entries) {
  return v.pipe(v.strictObject(entries), v.description(text))
}

const deliverySchema = described(
  'What became of a message, as Twilio reported it last. `channel` is null where it is not known.',
  {
    status: named(deliveryStatuses),
    reason: v.nullable(deliveryReasonSchema),
    channel: v.nullable(channelSchema),
    at: moment,
    next: v.nullable(nextStepSchema),
  },
)
/** Null when nothing was reported. */
const delivery = v.nullable(deliverySchema)
/** Present, and true, only for test numbers. */
const test = v.exactOptional(v.boolean())

const throttleSchema = described(
  'Whether a token may be verified now. Not allowed without `lockedUntil` is a disabled device.',
  {
    allowed: v.boolean(),
    failureCount,
    lockedUntil: momentOrNull,
  },
)
const cooldownSchema = described('Whether a message may be sent now.', {
  allowed: v.boolean(),
  nextChallengeAt: momentOrNull,
})
const pendingSchema = described('The token that lives, without the token.', { validUntil: moment })

/** A device. */
export const deviceSchema = described(
  'A phone of a user. Without a country `country` is null; `test` is of test numbers only.',
  {
    id: v.string(),
    userId: v.string(),
    name: v.string(),
    number: v.pipe(v.string(), v.regex(e164)),
    country: v.nullable(v.pipe(v.string(), v.regex(countryForm))),
    confirmed: v.boolean(),
    established: v.boolean(),
    createdAt: moment,
    lastUsedAt: momentOrNull,
    throttle: throttleSchema,
    cooldown: cooldownSchema,
    pending: v.nullable(pendingSchema),
    delivery,
    test,
  },
)

/**
 * The caller's own key; without a last day `until` is null, without a prefix `prefix` is. The
 * channels and countries are those of the deployment; null is all countries.
 */
export const keySchema = described(
  'An API key; `until` and `prefix` are null where it has none. `channels` are those that are on, ' +
    '`countries` those that are sent to: null is all.',
  {
    name: v.string(),
    scopes: v.array(v.picklist(scopes)),
    until: v.nullable(v.string()),
    prefix: v.nullable(v.string()),
    channels: v.array(channelSchema),
    countries: v.nullable(v.array(v.string())),
  },
)

/** A page of devices; the cursor is null on the last page. */
export const devicePageSchema = described(
  'A page of devices; the cursor is null on the last one.',
  {
    devices: v.array(deviceSchema),
    cursor: v.nullable(v.string()),
  },
)

/** An event of a device: what its type has not is absent. */
export const eventSchema = described('An event of a device: what its type has not is absent.', {
  id: v.string(),
  type: v.picklist(timelineTypes),
  at: moment,
  deviceId: v.string(),
  actor: v.nullable(v.string()),
  challengeId: v.exactOptional(v.string()),
  resent: v.exactOptional(v.boolean()),
  channel: v.exactOptional(channelSchema),
  code: v.exactOptional(v.string()),
  limit: v.exactOptional(v.string()),
  status: v.exactOptional(named(deliveryStatuses)),
  reason: v.exactOptional(deliveryReasonSchema),
  twilioCode: v.exactOptional(v.pipe(v.number(), v.integer())),
  messageSid: v.exactOptional(v.string()),
  failureCount: v.exactOptional(failureCount),
  lockedUntil: v.exactOptional(momentOrNull),
})

/** A page of events, newest first. */
export const eventPageSchema = described('A page of events, newest first.', {
  events: v.array(eventSchema),
  cursor: v.nullable(v.string()),
})

/** A challenge that was delivered. */
export const challengeSchema = described('A challenge that was sent. `number` is masked.', {
  challengeId: v.string(),
  message: v.string(),
  number: v.string(),
  tokenLength: v.pipe(v.number(), v.integer(), v.minValue(6), v.maxValue(8)),
  validUntil: moment,
  nextChallengeAt: momentOrNull,
  lockedUntil: momentOrNull,
  delivery,
  test,
})

/** The state of a challenge. */
export const challengeStateSchema = described('What became of a challenge. `number` is masked.', {
  challengeId: v.string(),
  state: v.picklist(challengeStates),
  number: v.string(),
  validUntil: momentOrNull,
  nextChallengeAt: momentOrNull,
  failureCount,
  lockedUntil: momentOrNull,
  delivery,
  test,
})

/** A token that was verified. */
export const verifiedSchema = described(
  'A token that was right; `proof` where one was asked for.',
  {
    verified: v.literal(true),
    device: deviceSchema,
    proof: v.exactOptional(v.string()),
    proofExpiresAt: v.exactOptional(moment),
  },
)

const count = v.pipe(v.number(), v.integer(), v.minValue(0))

const strangersSchema = described(
  'What devices that are not established have taken of a shared limit, and may take.',
  {
    most: v.pipe(v.number(), v.integer()),
    sent: v.pipe(v.number(), v.integer()),
  },
)
const limitSchema = described(
  'A limit on sends; `sent` is null where the query names no subject to count for.',
  {
    limit: v.picklist(limitNames),
    most: v.pipe(v.number(), v.integer()),
    seconds: v.pipe(v.number(), v.integer()),
    sent: v.nullable(count),
    strangers: v.nullable(strangersSchema),
    resetsAt: moment,
  },
)
const testNumberSchema = v.picklist(['in_use', 'over'])

/** The limits in force. */
export const limitsSchema = described(
  'The limits on sends in force. `testNumber` is null where the query names none.',
  {
    mode: v.picklist(['on', 'record', 'off']),
    limits: v.array(limitSchema),
    testNumber: v.nullable(testNumberSchema),
  },
)

const ruleSchema = described(
  'From so many sends on, fewer verified than so many percent within so many seconds suspend.',
  { sends: count, percent: count, seconds: count },
)
const rule = v.nullable(ruleSchema)
const prefix = v.pipe(v.string(), v.regex(/^\+[1-9][0-9]*$/))
const country = v.pipe(v.string(), v.regex(/^[A-Z]{2}$/))

const suspension = { until: moment, times: count, sends: count, verified: count }
const rulesSchema = described('The rules of the breaker; null is none.', {
  prefix: rule,
  country: rule,
})
const suspendedPrefixSchema = described('A prefix that nothing is sent to.', {
  prefix,
  ...suspension,
})
const suspendedCountrySchema = described('A country that nothing is sent to.', {
  country,
  ...suspension,
})
const allowedNumberSchema = described('A number that is never suspended; it is masked.', {
  number: v.string(),
})
const allowedPrefixSchema = described('A prefix that is never suspended.', { prefix })
const allowedCountrySchema = described('A country that is never suspended.', { country })

/** What the breaker suspends, and what is always allowed; a number is masked. */
export const suspensionsSchema = described(
  'What the breaker suspends, and what is always allowed.',
  {
    mode: v.picklist(['on', 'record', 'off']),
    rules: rulesSchema,
    suspended: v.array(v.union([suspendedPrefixSchema, suspendedCountrySchema])),
    allowed: v.array(v.union([allowedNumberSchema, allowedPrefixSchema, allowedCountrySchema])),
  },
)

const deliveryCountsSchema = described('Messages by what Twilio reported of them last.', {
  delivered: count,
  undelivered: count,
  failed: count,
})

/**
 * `conversion` is verified of sent, null where nothing was sent. `estimatedSpend` is in dollars,
 * null where no price is given.
 */
const traffic = {
  sent: count,
  notSent: count,
  verified: count,
  failed: count,
  delivery: deliveryCountsSchema,
  conversion: v.nullable(v.pipe(v.number(), v.minValue(0), v.maxValue(1))),
  estimatedSpend: v.nullable(v.pipe(v.number(), v.minValue(0))),
}
const trafficOfClassSchema = described('What was sent to one class of devices, and verified.', {
  sent: count,
  verified: count,
  conversion: traffic.conversion,
})
const trafficOfCountrySchema = described('What was sent to a country, and what became of it.', {
  country,
  ...traffic,
})
const trafficByCountry = {
  ...traffic,
  established: trafficOfClassSchema,
  others: trafficOfClassSchema,
  countries: v.array(trafficOfCountrySchema),
}
const trafficOfHourSchema = described('What was sent in an hour, and what became of it.', {
  hour: moment,
  ...trafficByCountry,
})
const trafficSchema = described(
  'What was sent, and what became of it. `conversion` is verified of sent, `estimatedSpend` in dollars.',
  trafficByCountry,
)

/** What was sent and verified by the hour, oldest first. The last hour is still running. */
export const figuresSchema = described(
  'What was sent and verified by the hour, oldest first. The last hour is still running.',
  {
    hours: v.array(trafficOfHourSchema),
    totals: trafficSchema,
  },
)

/** The schemas of answers, by their names in the document. */
export const answerSchemas = {
  Device: deviceSchema,
  DevicePage: devicePageSchema,
  EventPage: eventPageSchema,
  Challenge: challengeSchema,
  Limits: limitsSchema,
  Suspensions: suspensionsSchema,
  Figures: figuresSchema,
  Key: keySchema,
  ChallengeState: challengeStateSchema,
  Verified: verifiedSchema,
}

/** The schemas of which those are made, by their names in the document. */
export const partSchemas = {
  Event: eventSchema,
  Throttle: throttleSchema,
  Cooldown: cooldownSchema,
  Pending: pendingSchema,
  Delivery: deliverySchema,
  Channel: channelSchema,
  DeliveryReason: deliveryReasonSchema,
  NextStep: nextStepSchema,
  Limit: limitSchema,
  Strangers: strangersSchema,
  TestNumber: testNumberSchema,
  BreakerRule: ruleSchema,
  BreakerRules: rulesSchema,
  SuspendedPrefix: suspendedPrefixSchema,
  SuspendedCountry: suspendedCountrySchema,
  AllowedNumber: allowedNumberSchema,
  AllowedPrefix: allowedPrefixSchema,
  AllowedCountry: allowedCountrySchema,
  Traffic: trafficSchema,
  TrafficOfHour: trafficOfHourSchema,
  TrafficOfCountry: trafficOfCountrySchema,
  TrafficOfClass: trafficOfClassSchema,
  DeliveryCounts: deliveryCountsSchema,
}

/** The name of the schema of an answer. */
export type AnswerName = keyof typeof answerSchemas

/** The members that problems have besides those of RFC 9457. */
export const problemMembers = {
  challengeId: v.string(),
  channels: v.array(channelSchema),
  failureCount,
  guessesLeft: v.pipe(v.number(), v.integer(), v.minValue(0)),
  lockedUntil: momentOrNull,
  nextChallengeAt: momentOrNull,
  validUntil: moment,
  twilioCode: v.nullable(v.pipe(v.number(), v.integer())),
  next: nextStepSchema,
  limit: v.picklist(limitNames),
  numberType: v.picklist(costlyTypes),
  of: v.picklist(['user', 'number']),
  most: v.pipe(v.number(), v.integer()),
  suspended: v.picklist(suspendedKinds),
  requestId: v.string(),
}

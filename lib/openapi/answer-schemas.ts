// The schemas of the API's answers, for its OpenAPI document. A test holds real
// answers against them.

import * as v from 'valibot'
import { scopes } from '../api/api-key.ts'
import { challengeStates } from '../challenge/view.ts'
import { deliveryReasons, deliveryStatuses, nextSteps } from '../device/delivery-record.ts'
import { e164 } from '../formats.ts'
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
/** The delivery status of a message. */
const deliverySchema = v.strictObject({
  status: named(deliveryStatuses),
  reason: v.nullable(deliveryReasonSchema),
  at: moment,
  next: v.nullable(nextStepSchema),
})
/** Null when nothing was reported. */
const delivery = v.nullable(deliverySchema)
/** Present, and true, only for test numbers. */
const test = v.exactOptional(v.boolean())

/** Whether a token may be verified now. */
const throttleSchema = v.strictObject({
  allowed: v.boolean(),
  failureCount,
  lockedUntil: momentOrNull,
})
/** Whether a message may be sent now. */
const cooldownSchema = v.strictObject({ allowed: v.boolean(), nextChallengeAt: momentOrNull })
/** The token that lives, without the token. */
const pendingSchema = v.strictObject({ validUntil: moment })

/** A device. */
export const deviceSchema = v.strictObject({
  id: v.string(),
  userId: v.string(),
  name: v.string(),
  number: v.pipe(v.string(), v.regex(e164)),
  confirmed: v.boolean(),
  createdAt: moment,
  lastUsedAt: momentOrNull,
  throttle: throttleSchema,
  cooldown: cooldownSchema,
  pending: v.nullable(pendingSchema),
  delivery,
  test,
})

/** The caller's own key; without a last day `until` is null, without a prefix `prefix` is. */
export const keySchema = v.strictObject({
  name: v.string(),
  scopes: v.array(v.picklist(scopes)),
  until: v.nullable(v.string()),
  prefix: v.nullable(v.string()),
})

/** A page of devices; the cursor is null on the last page. */
export const devicePageSchema = v.strictObject({
  devices: v.array(deviceSchema),
  cursor: v.nullable(v.string()),
})

/** An event of a device: what its type has not is absent. */
export const eventSchema = v.strictObject({
  id: v.string(),
  type: v.picklist(timelineTypes),
  at: moment,
  deviceId: v.string(),
  actor: v.nullable(v.string()),
  challengeId: v.exactOptional(v.string()),
  resent: v.exactOptional(v.boolean()),
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
export const eventPageSchema = v.strictObject({
  events: v.array(eventSchema),
  cursor: v.nullable(v.string()),
})

/** A challenge that was delivered. */
export const challengeSchema = v.strictObject({
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
export const challengeStateSchema = v.strictObject({
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
export const verifiedSchema = v.strictObject({ verified: v.literal(true), device: deviceSchema })

const count = v.pipe(v.number(), v.integer(), v.minValue(0))

/** What devices that are not established have taken of a shared limit, and may take. */
const strangersSchema = v.strictObject({
  most: v.pipe(v.number(), v.integer()),
  sent: v.pipe(v.number(), v.integer()),
})
/** A limit. `sent` is null where the query names no subject that it could count. */
const limitSchema = v.strictObject({
  limit: v.picklist(limitNames),
  most: v.pipe(v.number(), v.integer()),
  seconds: v.pipe(v.number(), v.integer()),
  sent: v.nullable(count),
  strangers: v.nullable(strangersSchema),
  resetsAt: moment,
})

/** The limits in force. */
export const limitsSchema = v.strictObject({
  mode: v.picklist(['on', 'record', 'off']),
  limits: v.array(limitSchema),
})

const ruleSchema = v.strictObject({ sends: count, percent: count, seconds: count })
const rule = v.nullable(ruleSchema)
const prefix = v.pipe(v.string(), v.regex(/^\+[1-9][0-9]*$/))
const country = v.pipe(v.string(), v.regex(/^[A-Z]{2}$/))

const suspension = { until: moment, times: count, sends: count, verified: count }
const rulesSchema = v.strictObject({ prefix: rule, country: rule })
const suspendedPrefixSchema = v.strictObject({ prefix, ...suspension })
const suspendedCountrySchema = v.strictObject({ country, ...suspension })
const allowedNumberSchema = v.strictObject({ number: v.string() })
const allowedPrefixSchema = v.strictObject({ prefix })
const allowedCountrySchema = v.strictObject({ country })

/** What the breaker suspends, and what is always allowed; a number is masked. */
export const suspensionsSchema = v.strictObject({
  mode: v.picklist(['on', 'record', 'off']),
  rules: rulesSchema,
  suspended: v.array(v.union([suspendedPrefixSchema, suspendedCountrySchema])),
  allowed: v.array(v.union([allowedNumberSchema, allowedPrefixSchema, allowedCountrySchema])),
})

const deliveryCountsSchema = v.strictObject({ delivered: count, undelivered: count, failed: count })

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
/** One of the two classes of devices. */
const trafficOfClassSchema = v.strictObject({
  sent: count,
  verified: count,
  conversion: traffic.conversion,
})
const trafficOfCountrySchema = v.strictObject({ country, ...traffic })
const trafficByCountry = {
  ...traffic,
  established: trafficOfClassSchema,
  others: trafficOfClassSchema,
  countries: v.array(trafficOfCountrySchema),
}
const trafficOfHourSchema = v.strictObject({ hour: moment, ...trafficByCountry })
const trafficSchema = v.strictObject(trafficByCountry)

/** What was sent and verified by the hour, oldest first. The last hour is still running. */
export const figuresSchema = v.strictObject({
  hours: v.array(trafficOfHourSchema),
  totals: trafficSchema,
})

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
  DeliveryReason: deliveryReasonSchema,
  NextStep: nextStepSchema,
  Limit: limitSchema,
  Strangers: strangersSchema,
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
  channels: v.array(v.picklist(channels)),
  failureCount,
  guessesLeft: v.pipe(v.number(), v.integer(), v.minValue(0)),
  lockedUntil: momentOrNull,
  nextChallengeAt: momentOrNull,
  validUntil: moment,
  twilioCode: v.nullable(v.pipe(v.number(), v.integer())),
  limit: v.picklist(limitNames),
  numberType: v.picklist(costlyTypes),
  of: v.picklist(['user', 'number']),
  most: v.pipe(v.number(), v.integer()),
  suspended: v.picklist(suspendedKinds),
  requestId: v.string(),
}

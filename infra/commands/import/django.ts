// What a device of Django is here: the fields of django-otp-twilio 1.0.5 and of
// django-two-factor-auth 1.14 or later. A pure rule. Tokens and seeds are left behind.
import { v5 } from 'uuid'
import { safeParse } from 'valibot'
import { createBody } from '../../../lib/api/schemas.ts'
import { type DeviceItem, newDevice } from '../../../lib/device/device.ts'
import { assertCountry, assertType, readNumber } from '../../../lib/device/number.ts'
import { rescaled } from '../../../lib/device/throttle.ts'
import { pathId } from '../../../lib/formats.ts'
import { Problem } from '../../../lib/problem.ts'
import type { CostlyType } from '../../../lib/settings/number-types.ts'
import type { DjangoRecord } from './dump.ts'

/** The models whose records are devices that an SMS goes to. */
export const deviceModels = ['otp_twilio.twiliosmsdevice', 'phonenumber.phonedevice']

/**
 * Namespace of the UUIDv5 ids that are made of django-otp's persistent id. It never changes: a
 * Django site computes the same ones (docs/django.md).
 */
const djangoIds = '54136e26-35e7-4993-8574-848ebcd9e830'

/** Makes the id of a device, of what a session of Django names it by. */
export function deviceIdOf({ model, pk }: { model: string; pk: number | string }): string {
  return v5(`${model}/${pk}`, djangoIds)
}

/** By what records are read. */
export interface ImportRules {
  /** Of numbers without a country code (ISO 3166-1 alpha-2); null takes none. */
  country: string | null
  /** Null allows all. */
  allowedCountries: string[] | null
  allowedTypes: CostlyType[]
  /** Put before the id of every user. */
  userPrefix: string
  factorMs: number
  now: number
}

/** The device of a record, or in a sentence why there is none. */
export type Imported = { device: DeviceItem } | { reason: string }

/**
 * No setting disables a device after more failures than this; 2 to the power of what Django can
 * count to is no number of DynamoDB's.
 */
const mostFailures = 100

/** Reads a record of one of the device models. */
export function importedDevice(record: DjangoRecord, rules: ImportRules): Imported {
  try {
    return { device: readDevice(record, rules) }
  } catch (error) {
    if (error instanceof Problem || error instanceof Unreadable) return { reason: error.message }
    throw error
  }
}

/** A record that is no device here; the message is one sentence. */
class Unreadable extends Error {}

function readDevice(record: DjangoRecord, rules: ImportRules): DeviceItem {
  const { user, number, name, confirmed } = record.fields
  const given = safeParse(createBody, { number, name, confirmed })
  if (!given.success) throw new Unreadable(given.issues[0].message)
  const phone = readNumber(given.output.number, rules.country)
  assertCountry(phone, rules.allowedCountries)
  assertType(phone, rules.allowedTypes)
  const { factorMs, now } = rules
  const failures = readFailures(record)
  return {
    ...newDevice({
      userId: readUser(user, rules.userPrefix),
      deviceId: deviceIdOf({ model: record.model, pk: readKey(record) }),
      name: given.output.name,
      confirmed: given.output.confirmed,
      ...phone,
      factorMs,
      now,
    }),
    ...failures,
    ...(rescaled(failures, factorMs) as object),
  }
}

/** Without it no session of Django could name the device, and each run would make a new one. */
function readKey({ pk }: DjangoRecord): number | string {
  if (typeof pk === 'string' || Number.isSafeInteger(pk)) return pk as number | string
  throw new Unreadable('It has no pk of a number or text: dump without --natural-primary.')
}

/** A primary key, or with `--natural-foreign` a natural key. */
function readUser(user: unknown, prefix: string): string {
  const [key, ...more] = Array.isArray(user) ? user : [user]
  if ((typeof key !== 'string' && !Number.isSafeInteger(key)) || more.length > 0) {
    throw new Unreadable('Its user has no key of one part: dump without --natural-foreign.')
  }
  const userId = `${prefix}${key}`
  if (pathId.test(userId)) return userId
  throw new Unreadable(
    `Its user ${JSON.stringify(userId)} cannot be a user id: dump without --natural-foreign.`,
  )
}

/** A lock that is not known must not be taken for none. */
function readFailures({ fields }: DjangoRecord) {
  const { throttling_failure_count: count, throttling_failure_timestamp: failedAt } = fields
  if (!Number.isSafeInteger(count) || Number(count) < 0) {
    throw new Unreadable('Its throttling_failure_count is no count.')
  }
  if (count === 0) return { failures: 0, failedAt: 0 }
  const at = typeof failedAt === 'string' && withZone.test(failedAt) ? Date.parse(failedAt) : 0
  if (!(at > 0)) {
    throw new Unreadable(
      'Its throttling_failure_timestamp is no time with a zone, so its lock is not known: dump with USE_TZ.',
    )
  }
  return { failures: Math.min(Number(count), mostFailures), failedAt: at }
}

const withZone = /(Z|[+-]\d\d:\d\d)$/

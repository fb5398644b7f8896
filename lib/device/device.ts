// The device: a phone number of one user that can receive tokens, in its stored form, version 1.
import type { DeliveryRecord } from './delivery-record.ts'

/** The key of a device: its user and its id. */
export interface DeviceKey {
  userId: string
  deviceId: string
}

/**
 * A phone number and its country (ISO 3166-1 alpha-2), which is empty when there is none
 * or it is not known.
 */
export interface PhoneNumber {
  /** E.164. */
  number: string
  country: string
}

/**
 * A pending token, stored under its digest. A right guess finds `nil`, `yes` and `backoff` there.
 */
export interface PendingToken {
  nil: 0
  yes: true
  backoff: number
  validUntil: number
  counter: number
}

/**
 * The item of the devices table (docs/item.md). Moments are milliseconds since the
 * epoch, 0 is never.
 */
export interface DeviceItem extends DeviceKey, PhoneNumber {
  /** Version of the shape. It rises only when an old reader would misunderstand a new item. */
  v: 1
  name: string
  confirmed: boolean
  createdAt: number
  /** When it was given its present number; absent where it has had no other. */
  numberAt?: number
  /**
   * What the request that made it asked for; absent where that had no idempotency key, and after
   * another number.
   */
  payload?: string
  failures: number
  failedAt: number
  lockedUntil: number
  /** The failures at which the pending token is used up; absent where guesses have no bound. */
  guessesEnd?: number
  /** How long the next failure will lock, milliseconds. */
  backoff: number
  /** The throttle factor that `backoff` and `lockedUntil` were computed with, milliseconds. */
  factorMs: number
  /**
   * The time of the number's last use is the sum of the two: an attempt fills one and empties the
   * other.
   */
  usedNow: number
  usedBefore: number
  challengedAt: number
  /** Challenges since a token was accepted. */
  unverified: number
  /** The last challenge: its request, its idempotency key, its outcome and its delivery. */
  challenge: DeliveryRecord & {
    keyName: string
    /** What the request of that key asked for; absent or empty without one. */
    payload?: string
    requestName: string
    /** The challenge's id in the API, where it is not the request's name: see challengeId. */
    id?: string
    /** The id of the challenge that made the token, where the token was sent again since. */
    firstId?: string
    /** 0 when its token was refunded, or was for another number. */
    validUntil?: number
    outcome?: ChallengeOutcome
    /** Of a test number: nothing was sent. */
    test?: true
    /** By what its token came; absent where no proofs are made. See lib/proof/via.ts. */
    via?: number
  }
  /** By what the token came that was used last is the sum of the two, as with the time of use. */
  viaNow?: number
  viaOld?: number
  /** The user is being erased: so is what the stream brings of the device. */
  erased?: true
  /** The API key that made the last write, by its name; absent or empty where nobody did. */
  actor?: string
  /** The name of the request whose challenge the last one replaced. */
  replaced: string
  /** The one live token by its digest, or empty; always a map. */
  pending: Record<string, PendingToken>
  /** The last four attempts, newest first. */
  attempts: {
    id1: string
    id2: string
    id3: string
    id4: string
    ok1: boolean
    ok2: boolean
    ok3: boolean
    ok4: boolean
    /** Whether the device was confirmed before each; absent where no proofs are made. */
    was1?: boolean
    was2?: boolean
    was3?: boolean
    was4?: boolean
  }
}

/** The outcome of a challenge, kept for a retry with its idempotency key. */
export type ChallengeOutcome =
  | { code: 'sent' }
  | { code: 'delivery_busy'; retryAfterSeconds: number }
  | { code: 'delivery_failed' | 'undeliverable_number'; twilioCode: number | null }
  | { code: 'delivery_unknown' | 'test_number_expired' }

/** Makes the item of a new device. */
export function newDevice(device: {
  userId: string
  deviceId: string
  name: string
  number: string
  country: string
  confirmed: boolean
  factorMs: number
  payload?: string | null
  actor?: string
  now: number
}): DeviceItem {
  const { now, factorMs, payload = null, actor = '', ...given } = device
  return {
    ...given,
    ...(payload !== null && { payload }),
    ...(actor !== '' && { actor }),
    v: 1,
    createdAt: now,
    failures: 0,
    failedAt: 0,
    lockedUntil: 0,
    backoff: factorMs,
    factorMs,
    usedNow: 0,
    usedBefore: 0,
    challengedAt: 0,
    unverified: 0,
    challenge: { keyName: '', requestName: '' },
    replaced: '',
    pending: {},
    attempts: {
      id1: '-',
      id2: '-',
      id3: '-',
      id4: '-',
      ok1: false,
      ok2: false,
      ok3: false,
      ok4: false,
    },
  }
}

const blank = newDevice({
  userId: '',
  deviceId: '',
  name: '',
  number: '',
  country: '',
  confirmed: false,
  factorMs: 0,
  now: 0,
})

/**
 * Fills in what the item of an older release or of an import lacks, with what a new device has.
 * The writes do the same in their expressions; docs/item.md says what they cannot do without.
 */
export function wholeItem(stored: Partial<DeviceItem>): DeviceItem {
  return {
    ...blank,
    ...stored,
    challenge: { ...blank.challenge, ...stored.challenge },
  }
}

/** Returns when a token was last accepted for the device's number; 0 is never. */
export function lastUsedAt({
  usedNow,
  usedBefore,
}: Pick<DeviceItem, 'usedNow' | 'usedBefore'>): number {
  return usedNow + usedBefore
}

/** Returns since when the device has its number; 0 where that is not known. */
export function numberSince({ numberAt, createdAt }: DeviceItem): number {
  return numberAt ?? createdAt
}

/** Returns the pending token while it is live, otherwise null. */
export function livePending(item: DeviceItem, now: number): PendingToken | null {
  const [entry] = Object.values(item.pending)
  return entry !== undefined && now < entry.validUntil ? entry : null
}

/**
 * Returns the last challenge's id in the API; empty when there was none. A request that was rolled
 * back leaves its name in the item, so the id of the challenge before is kept beside it.
 */
export function challengeId({ challenge }: Pick<DeviceItem, 'challenge'>): string {
  return challenge.id ?? challenge.requestName
}

/**
 * Whether an id is of the last challenge. A token that was sent again has two: that of the
 * challenge that made it, and the last one.
 */
export function isOfChallenge(item: Pick<DeviceItem, 'challenge'>, id: string): boolean {
  const { requestName, id: rolledBackTo, firstId } = item.challenge
  return [requestName, rolledBackTo, firstId].includes(id)
}

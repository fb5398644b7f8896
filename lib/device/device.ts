// The device: a phone number of one user that can receive tokens. Its stored form, version 1.
import type { DeliveryRecord } from './delivery-record.ts'

/** A user's device. */
export interface DeviceKey {
  userId: string
  deviceId: string
}

/** A number, and the country it is of (ISO 3166-1 alpha-2); empty when it has none, or it is not known. */
export interface PhoneNumber {
  /** E.164. */
  number: string
  country: string
}

/** A pending token, kept under its digest. `nil`, `yes` and `backoff` are what a right guess finds there. */
export interface PendingToken {
  nil: 0
  yes: true
  backoff: number
  validUntil: number
  counter: number
}

/** The item of the devices table (docs/item.md); moments are milliseconds since the epoch, 0 is never. */
export interface DeviceItem extends DeviceKey, PhoneNumber {
  /** Version of the shape: it rises only when an old reader would misunderstand a new item. */
  v: 1
  name: string
  confirmed: boolean
  createdAt: number
  failures: number
  failedAt: number
  lockedUntil: number
  /** What the next failure will lock for, milliseconds. */
  backoff: number
  /** The throttle factor that `backoff` and `lockedUntil` were computed with, milliseconds. */
  factorMs: number
  /** The last use is the sum of the two: an attempt fills one and empties the other. */
  usedNow: number
  usedBefore: number
  challengedAt: number
  /** Challenges since a token was accepted. */
  unverified: number
  /** The last challenge: whose request it was, under which idempotency key, how it ended, what became of it. */
  challenge: DeliveryRecord & {
    keyName: string
    requestName: string
    /** The challenge's id in the API, where that is not the request's name: see challengeId. */
    id?: string
    /** 0 when its token was taken back, or was another number's. */
    validUntil?: number
    outcome?: ChallengeOutcome
    /** Of a test number: nothing was sent. */
    test?: true
  }
  /** The name of the request whose challenge the last one replaced. */
  replaced: string
  /** The one live token by its digest, or nothing; always a map. */
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
  }
}

/** How a challenge ended, as a retry with its idempotency key is told again. */
export type ChallengeOutcome =
  | { code: 'sent' }
  | { code: 'delivery_busy'; retryAfterSeconds: number }
  | { code: 'delivery_failed' | 'undeliverable_number'; twilioCode: number | null }
  | { code: 'delivery_unknown' | 'test_number_expired' }

/** A new device's item. */
export function newDevice(device: {
  userId: string
  deviceId: string
  name: string
  number: string
  country: string
  confirmed: boolean
  factorMs: number
  now: number
}): DeviceItem {
  const { now, factorMs, ...given } = device
  return {
    ...given,
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

/** When a token of this device was last accepted; 0 is never. */
export function lastUsedAt(item: DeviceItem): number {
  return item.usedNow + item.usedBefore
}

/** The pending token while it lives, else null. */
export function livePending(item: DeviceItem, now: number): PendingToken | null {
  const [entry] = Object.values(item.pending)
  return entry !== undefined && now < entry.validUntil ? entry : null
}

/** The last challenge's id in the API; empty when there was none. A request that a limit refused leaves only its name. */
export function challengeId({ challenge }: Pick<DeviceItem, 'challenge'>): string {
  return challenge.id ?? challenge.requestName
}

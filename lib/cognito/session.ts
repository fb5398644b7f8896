// What Cognito's session and the client say of one sign-in. A client writes its metadata itself, so
// it can ask for a message and choose among what is allowed, and nothing else.
import type { CreateAuthChallengeTriggerEvent } from 'aws-lambda'
import type { Channel } from '../settings/channels.ts'

/** A challenge of a sign-in, with its result. */
export interface Challenged {
  challengeName: string
  challengeResult: boolean
  /** What create wrote of it. */
  challengeMetadata?: string | undefined
}

/** The challenges of a sign-in so far, oldest first. */
export type Session = readonly Challenged[]

/** What the client sends beside its answer. */
export type ClientMetadata = Readonly<Record<string, string>> | undefined

type Attributes = Readonly<Record<string, string>>

/** How the challenge of a round came to be. */
export interface Round {
  /** It followed an answer that only asked for the message again, and was no attempt. */
  isResend: boolean
  /** The challenge's id; empty where none is known. */
  challengeId: string
}

const resent = 'resend'
const asked = 'challenge'

/** Writes what the session keeps of a round; the client never sees it. */
export function writeRound({ isResend, challengeId }: Round): string {
  return `${isResend ? resent : asked} ${challengeId}`
}

/** Reads what the session kept of a round. */
export function readRound({ challengeMetadata }: Challenged): Round {
  const [kind, challengeId = ''] = (challengeMetadata ?? '').split(' ')
  return { isResend: kind === resent, challengeId }
}

/** Whether an answer only asks for the message again. */
export function asksAgain(metadata: ClientMetadata): boolean {
  return metadata?.resend === 'true'
}

/** The longest language tag that is looked at (RFC 5646 §4.4.1). */
const longestLocale = 35

/**
 * Returns how the message is delivered. A channel that is not enabled is not taken; the locale is
 * the client's, else the user's own attribute.
 */
export function requestedDelivery(
  metadata: ClientMetadata,
  attributes: Attributes,
  channels: readonly Channel[],
): { channel: Channel | null; locale: string | null } {
  const locale = metadata?.locale || attributes.locale || ''
  return {
    channel: channels.find(channel => channel === metadata?.channel) ?? null,
    locale: locale !== '' && locale.length <= longestLocale ? locale : null,
  }
}

/** The verified number and the id of a user. */
export interface PoolUser {
  userId: string
  /** E.164, as Cognito keeps it. */
  number: string
}

/** Returns who signs in; null for a name that the pool does not know, and without a number. */
export function poolUser({
  userAttributes = {},
  userNotFound,
}: Pick<
  CreateAuthChallengeTriggerEvent['request'],
  'userAttributes' | 'userNotFound'
>): PoolUser | null {
  const { sub, phone_number: number, phone_number_verified: verified } = userAttributes
  if (userNotFound || !sub || !number) return null
  // Seen in events as `true` and as `True`.
  return verified?.toLowerCase() === 'true' ? { userId: sub, number } : null
}

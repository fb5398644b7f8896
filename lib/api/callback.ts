// What Twilio sends to a callback: a form, its signature, and in the path the challenge that it is about.
import type { APIGatewayProxyEventV2 } from 'aws-lambda'
import { Problem } from '../problem.ts'
import { bodyText, header } from './request.ts'

/** A callback, of which nothing is believed yet. */
export interface Callback {
  challengeId: string
  /** Empty when there is none. */
  signature: string
  form: Record<string, string>
}

/** Reads a callback. */
export function readCallback(event: APIGatewayProxyEventV2): Callback {
  const { challengeId = '' } = event.pathParameters ?? {}
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(challengeId)) {
    throw new Problem(
      'invalid_id',
      'The challengeId must be one that a challenge was answered with.',
    )
  }
  return {
    challengeId,
    signature: header(event, 'x-twilio-signature') ?? '',
    form: Object.fromEntries(new URLSearchParams(bodyText(event))),
  }
}

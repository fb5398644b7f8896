// What Twilio sends to a callback: a form, its signature, and in the path the challenge that it is about.
import type { APIGatewayProxyEventV2 } from 'aws-lambda'
import { challengeIdForm } from '../formats.ts'
import { Problem } from '../problem.ts'
import { bodyText, type Callback, header } from './request.ts'
import { challengeIdSentence } from './schemas.ts'

/** Reads a callback. */
export function readCallback(event: APIGatewayProxyEventV2): Callback {
  const { challengeId = '' } = event.pathParameters ?? {}
  if (!challengeIdForm.test(challengeId)) {
    throw new Problem('invalid_id', challengeIdSentence)
  }
  return {
    challengeId,
    signature: header(event, 'x-twilio-signature') ?? '',
    form: Object.fromEntries(new URLSearchParams(bodyText(event))),
  }
}

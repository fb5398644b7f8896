// A status callback of Twilio: a form, its signature, and the challenge id in the path.
import type { APIGatewayProxyEventV2 } from 'aws-lambda'
import { challengeIdForm } from '../formats.ts'
import { Problem } from '../problem.ts'
import { bodyText, type Callback, header } from './request.ts'
import { challengeIdSentence } from './schemas.ts'

/** Reads a callback. Throws `invalid_id` or `body_too_large`. */
export function readCallback(event: APIGatewayProxyEventV2): Callback {
  const { challengeId = '' } = event.pathParameters ?? {}
  if (!challengeIdForm.test(challengeId)) {
    throw new Problem('invalid_id', challengeIdSentence)
  }
  return {
    challengeId,
    signature: header(event, 'x-twilio-signature') ?? '',
    signatureSettings: header(event, 'x-twilio-webhooks-signature-settings') ?? '',
    query: event.rawQueryString,
    form: formOf(new URLSearchParams(bodyText(event))),
  }
}

/** A name that comes more than once has all of its values. */
function formOf(sent: URLSearchParams): Callback['form'] {
  const names = [...new Set(sent.keys())]
  return Object.fromEntries(
    names.map(name => {
      const [first = '', ...more] = sent.getAll(name)
      return [name, more.length === 0 ? first : [first, ...more]]
    }),
  )
}

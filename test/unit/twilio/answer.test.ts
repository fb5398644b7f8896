// What an answer of Twilio's means, at the edges of what HTTP allows it to say.
import { expect, test } from 'vitest'
import { type Delivery, readAnswer, type TwilioAnswer } from '../../../lib/twilio/answer.ts'

const answer = (given: Partial<TwilioAnswer>): TwilioAnswer => ({
  status: 201,
  retryAfter: undefined,
  body: { sid: 'SM1' },
  cause: 'ECONNRESET',
  ...given,
})

test.each<[Partial<TwilioAnswer>, Delivery]>([
  [{ status: 199 }, { outcome: 'unknown', cause: 'status 199' }],
  [{ status: 200 }, { outcome: 'sent', messageSid: 'SM1' }],
  [{ status: 299 }, { outcome: 'sent', messageSid: 'SM1' }],
  [{ status: 300 }, { outcome: 'refused', status: 300, twilioCode: null }],
  [
    { status: 399, body: { code: 21211 } },
    { outcome: 'refused', status: 399, twilioCode: 21211 },
  ],
  [
    { status: 400, body: { code: 21211 } },
    { outcome: 'undeliverable', twilioCode: 21211 },
  ],
  [
    { status: 400, body: { code: 1 } },
    { outcome: 'refused', status: 400, twilioCode: 1 },
  ],
  [
    { status: 400, body: { code: 1.5 } },
    { outcome: 'refused', status: 400, twilioCode: null },
  ],
  [{ status: 499 }, { outcome: 'refused', status: 499, twilioCode: null }],
  [{ status: 500 }, { outcome: 'unknown', cause: 'status 500' }],
  [
    { body: { sid: 'SM1', status: 'failed', error_code: 30007 } },
    { outcome: 'refused', status: 201, twilioCode: 30007 },
  ],
  [
    { body: { sid: 'SM1', status: 'undelivered', error_code: 30005 } },
    { outcome: 'undeliverable', twilioCode: 30005 },
  ],
  [
    { body: { sid: 'CA1', status: 'canceled', error_code: null } },
    { outcome: 'refused', status: 201, twilioCode: null },
  ],
  // A warning, and a status that is new: what may have been sent is never sent again.
  [
    { body: { sid: 'SM1', status: 'queued', error_code: 30018 } },
    { outcome: 'sent', messageSid: 'SM1' },
  ],
  [{ body: { sid: 'SM1', status: 'pondered' } }, { outcome: 'sent', messageSid: 'SM1' }],
  [{ body: undefined }, { outcome: 'unknown', cause: 'ECONNRESET' }],
])('an answer of Twilio’s %j is %j', (given, expected) => {
  expect(readAnswer(answer(given))).toEqual(expected)
})

test.each([
  [undefined, 1],
  ['0', 0],
  ['999999999', 999_999_999],
  ['1234567890', 1],
  ['5 seconds', 1],
  ['in 5', 1],
  ['', 1],
])('a 429 with Retry-After %j is busy for %i seconds', (retryAfter, retryAfterSeconds) => {
  const busy = { outcome: 'busy', retryAfterSeconds }

  expect(readAnswer(answer({ status: 429, retryAfter }))).toEqual(busy)
})

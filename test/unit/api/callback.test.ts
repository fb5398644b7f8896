// What is read of Twilio's callbacks, before their signature is checked.
import { expect, it } from 'vitest'
import { readCallback } from '../../../lib/api/callback.ts'
import { eventOf } from '../../support/lambda.ts'

const signed = { 'x-twilio-signature': 'c2lnbmVk' }

it('a callback is its challenge, its signature and its form', () => {
  const body = 'MessageStatus=delivered&ErrorCode=&To=%2B15555550100'

  expect(readCallback(eventOf({ challengeId: 'aZ_-09', headers: signed, body }))).toEqual({
    challengeId: 'aZ_-09',
    signature: 'c2lnbmVk',
    signatureSettings: '',
    query: '',
    form: { MessageStatus: 'delivered', ErrorCode: '', To: '+15555550100' },
  })
})

it('a callback has every value of a name, the key that signed it, and what was appended', () => {
  const event = eventOf({
    challengeId: 'a',
    headers: { 'X-Twilio-Webhooks-Signature-Settings': 'key=k,algorithm=HMAC_SHA256' },
    body: 'To=1&MessageStatus=sent&To=2',
  })

  expect(readCallback({ ...event, rawQueryString: 'a=%2B1&b' })).toMatchObject({
    signatureSettings: 'key=k,algorithm=HMAC_SHA256',
    query: 'a=%2B1&b',
    form: { To: ['1', '2'], MessageStatus: 'sent' },
  })
})

it('a callback without a signature has the empty one', () => {
  expect(readCallback(eventOf({ challengeId: 'a', body: 'a=1' })).signature).toBe('')
})

it.each(['a', 'x'.repeat(64)])('a challenge may be called %s', challengeId => {
  expect(readCallback(eventOf({ challengeId, body: 'a=1' })).challengeId).toBe(challengeId)
})

it.each([undefined, '', 'x'.repeat(65), 'a b', 'a/b', 'ü', 'a\n', ' a'])(
  'no challenge is called %j',
  challengeId => {
    const request = { body: 'a=1', ...(challengeId !== undefined && { challengeId }) }

    expect(() => readCallback(eventOf(request))).toThrow(
      expect.objectContaining({
        code: 'invalid_id',
        message: 'The challengeId must be one that a challenge was answered with.',
      }),
    )
  },
)

it('a callback without a path has no challenge', () => {
  const { pathParameters: _, ...event } = eventOf({ body: 'a=1' })

  expect(() => readCallback(event)).toThrow(expect.objectContaining({ code: 'invalid_id' }))
})

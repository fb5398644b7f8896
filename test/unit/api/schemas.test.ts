// Bodies and queries; the bodies of devices and of a token are request.test.ts's.
import type { APIGatewayProxyEventV2 } from 'aws-lambda'
import { describe, expect, it } from 'vitest'
import { header, readBody, readQuery } from '../../../lib/api/request.ts'
import { html } from '../../../lib/api/response.ts'
import {
  challengeBody,
  challengeQuery,
  findQuery,
  limitsQuery,
  suspensionsQuery,
  verifyBody,
} from '../../../lib/api/schemas.ts'
import { securityHeaders } from '../../support/headers.ts'

const eventOf = (given: object) => ({ headers: {}, ...given }) as APIGatewayProxyEventV2
const challenge = (body: object) =>
  readBody(
    eventOf({ headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    challengeBody,
  )
const limits = (query: Record<string, string>) =>
  readQuery(eventOf({ queryStringParameters: query }), limitsQuery)
const asked = (challengeId: string) =>
  readQuery(eventOf({ queryStringParameters: { challengeId } }), challengeQuery)

describe('a challenge', () => {
  it('is by default a new token by the route’s own channel', () => {
    expect(challenge({})).toEqual({ resend: false })
  })

  it.each([
    { clientIp: '203.0.113.7' },
    { clientIp: '2001:db8::1' },
    { clientIp: '::FFFF:203.0.113.7' },
    { clientIp: '0:0:0:0:0:ffff:203.0.113.8' },
    { channel: 'sms' },
    { channel: 'call' },
    { channel: 'whatsapp' },
    { resend: true },
    { locale: 'de-AT' },
    { locale: '' },
    { locale: 'x'.repeat(64) },
  ])('may have %o', body => {
    expect(challenge(body)).toEqual({ resend: false, ...body })
  })

  it.each([
    [{ clientIp: '203.0.113' }, 'The clientIp must be an IPv4 or IPv6 address.'],
    [{ clientIp: 'fe80::1%eth0' }, 'The clientIp must be an IPv4 or IPv6 address.'],
    [{ clientIp: 7 }, 'The clientIp must be an IPv4 or IPv6 address.'],
    [{ channel: 'SMS' }, 'The channel must be sms, call or whatsapp.'],
    [{ resend: 'yes' }, 'The member resend must be true or false.'],
    [{ locale: 7 }, 'The locale must be text, such as de-AT.'],
    [{ locale: 'x'.repeat(65) }, 'The locale must be at most 64 characters.'],
    [
      { other: 1 },
      'The member other is not known: this request has clientIp, channel, resend and locale.',
    ],
  ])('may not have %o', (body, detail) => {
    expect(() => challenge(body)).toThrow(
      expect.objectContaining({ code: 'invalid_body', message: detail }),
    )
  })
})

describe('the id in a query of a challenge', () => {
  it.each(['a', '_-9Z', 'x'.repeat(64)])('may be %s', challengeId => {
    expect(asked(challengeId)).toEqual({ challengeId })
  })

  it.each(['', 'x'.repeat(65), 'a b', ' a', 'a!', '!a'])('may not be %j', challengeId => {
    expect(() => asked(challengeId)).toThrow(
      expect.objectContaining({
        code: 'invalid_query',
        message: 'The challengeId must be one that a challenge was answered with.',
      }),
    )
  })
})

describe('what a verification proves', () => {
  const verify = (body: object) =>
    readBody(
      eventOf({
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ token: '402517', ...body }),
      }),
      verifyBody,
    )
  const sentences = {
    audience: 'The audience must be 1 to 128 printable ASCII characters without spaces.',
    nonce: 'The nonce must be 1 to 64 printable ASCII characters without spaces.',
  }

  it.each([{ audience: '!' }, { audience: '~'.repeat(128) }, { nonce: 'x'.repeat(64) }])(
    'may be %j',
    body => {
      expect(verify(body)).toEqual({ token: '402517', ...body })
    },
  )

  it.each([
    ...['', 'a b', ' a', 'a ', 'ä', 'a\n', 'x'.repeat(129)].map(audience => ({ audience })),
    { audience: 7 },
    { nonce: 'x'.repeat(65) },
    { nonce: '' },
  ])('may not be %j', body => {
    const [member = 'nonce'] = Object.keys(body) as (keyof typeof sentences)[]

    expect(() => verify(body)).toThrow(
      expect.objectContaining({ code: 'invalid_body', message: sentences[member] }),
    )
  })
})

describe('a search', () => {
  const find = (query: Record<string, string>) =>
    readQuery(eventOf({ queryStringParameters: query }), findQuery)

  it.each([{ search: 'a' }, { search: '🔑'.repeat(128) }, { state: 'locked' }])(
    'may be %j',
    query => {
      expect(find(query as Record<string, string>)).toEqual({ limit: 25, ...query })
    },
  )

  it.each([
    [{ search: '' }, 'The search must be text of 1 to 128 characters.'],
    [{ search: '🔑'.repeat(129) }, 'The search must be text of 1 to 128 characters.'],
    [{ state: 'open' }, 'The state must be locked, disabled or unconfirmed.'],
  ])('may not be %j', (query, detail) => {
    expect(() => find(query as Record<string, string>)).toThrow(
      expect.objectContaining({ code: 'invalid_query', message: detail }),
    )
  })
})

describe('the prefix of a suspension', () => {
  const lift = (prefix: string) =>
    readQuery(eventOf({ queryStringParameters: { prefix } }), suspensionsQuery)

  it.each(['+4420718', ' 4420718', '4420718'])('is digits, with or without a plus: %j', text => {
    expect(lift(text)).toMatchObject({ prefix: '+4420718' })
  })

  it.each(['', '+', '+04', '++44', '+44a', 'a+44', '+44 20', `+${'1'.repeat(12)}`])(
    'is not %j',
    text => {
      expect(() => lift(text)).toThrow(expect.objectContaining({ code: 'invalid_query' }))
    },
  )
})

describe('the subject in a query of the limits', () => {
  it.each([
    {},
    { number: '+15555550100' },
    { userId: 'a' },
    { userId: 'Zz9._~:@-'.padEnd(128, 'x') },
    { clientIp: '2001:db8::1' },
    { country: 'GB' },
  ])('may be %o', query => {
    expect(limits(query)).toEqual(query)
  })

  it('may be a number whose plus was sent as it is', () => {
    expect(limits({ number: ' 15555550100' })).toEqual({ number: ' 15555550100' })
  })

  const user = 'The userId must be one as in a path.'
  const country = 'The country must be an ISO 3166-1 code such as GB.'
  it.each([
    [{ userId: '' }, user],
    [{ userId: 'x'.repeat(129) }, user],
    [{ userId: 'a b' }, user],
    [{ userId: '/a' }, user],
    [{ userId: 'a/' }, user],
    [{ country: 'gb' }, country],
    [{ country: 'G' }, country],
    [{ country: 'GBR' }, country],
    [{ country: 'xGB' }, country],
    [{ clientIp: 'localhost' }, 'The clientIp must be an IPv4 or IPv6 address.'],
  ])('may not be %o', (query, detail) => {
    expect(() => limits(query)).toThrow(
      expect.objectContaining({ code: 'invalid_query', message: detail }),
    )
  })
})

it('a header in lower case comes before any other spelling', () => {
  const event = eventOf({ headers: { 'Idempotency-Key': 'other', 'idempotency-key': 'own' } })

  expect(header(event, 'idempotency-key')).toBe('own')
})

it('a page has the headers against caches, sniffing and referrers', () => {
  expect(html({ html: '<!doctype html>', contentSecurityPolicy: "default-src 'none'" })).toEqual({
    statusCode: 200,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': "default-src 'none'",
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
      ...securityHeaders,
    },
    body: '<!doctype html>',
  })
})

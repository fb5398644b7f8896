// What a verification may be asked to prove.
import { expect, it } from 'vitest'
import { boundToProof, proofRequest } from '../../../lib/api/proof-request.ts'

const settings = {} as Parameters<typeof proofRequest>[2]
const principal = (given: object) => ({ name: 'suite', ...given }) as never
const shop = principal({ audiences: ['shop'], testAudiences: ['try-out'] })

it.each([
  [
    { audience: 'shop', nonce: 'n' },
    { audience: 'shop', nonce: 'n', forTests: false },
  ],
  [{ audience: 'try-out' }, { audience: 'try-out', nonce: null, forTests: true }],
  [{}, null],
])('a proof is asked for by an audience that the key may name: %j', (body, request) => {
  expect(proofRequest(shop, body, settings)).toEqual(request)
})

it.each([
  [shop, { audience: 'bank' }, settings, 'may not ask for proofs for this audience'],
  [principal({}), { audience: 'shop' }, settings, 'may not ask for proofs for this audience'],
  [shop, { audience: 'shop' }, null, 'Proofs are switched off here'],
])('another is not allowed: %j %j', (of, body, given, detail) => {
  expect(() => proofRequest(of, body, given)).toThrow(
    expect.objectContaining({
      code: 'audience_not_allowed',
      message: expect.stringContaining(detail),
    }),
  )
})

it('a nonce goes with an audience', () => {
  expect(() => proofRequest(shop, { nonce: 'n' }, settings)).toThrow(
    expect.objectContaining({ code: 'invalid_body' }),
  )
})

it('an attempt is bound to its audience and nonce', () => {
  const request = { audience: 'shop', nonce: 'n', forTests: false }

  expect(boundToProof(request)).toBe('.["shop","n"]')
  expect(boundToProof({ ...request, nonce: null })).toBe('.["shop",null]')
  expect(boundToProof(null)).toBe('')
})

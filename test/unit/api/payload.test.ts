// What is kept of the payload of a request with an idempotency key.
import { expect, it } from 'vitest'
import { idempotencyKeyReused, payloadName } from '../../../lib/api/payload.ts'

const indexKey = new Uint8Array(32)

it('is eight characters, the same for the same payload', () => {
  const [one, same] = [1, 2].map(() => payloadName(indexKey, ['+14155552671', 'Phone', false]))

  expect(one).toMatch(/^[\w-]{8}$/)
  expect(same).toBe(one)
})

it.each([
  [['+14155552672', 'Phone', false]],
  [['+14155552671', 'Phone2', false]],
  [['+14155552671', 'Phone', true]],
  [['+14155552671', 'Phone', 'false']],
  [['+14155552671', 'Phone', null]],
  [['+14155552671Phone', '', false]],
  [['+14155552671', 'Phone']],
])('is another one for another payload: %j', parts => {
  const first = payloadName(indexKey, ['+14155552671', 'Phone', false])

  expect(payloadName(indexKey, parts)).not.toBe(first)
})

it('is another one under another key, so that no number can be tried', () => {
  const [one, other] = [0, 1].map(byte => payloadName(new Uint8Array(32).fill(byte), ['+1415']))

  expect(other).not.toBe(one)
})

// By HKDF and HMAC of Python: a retry may come to a function of another version.
it('is the same in every version', () => {
  expect(payloadName(indexKey, ['+14155552671', 'Phone', false])).toBe('d_RWz173')
})

it('has a problem of its own where it is another one', () => {
  expect(idempotencyKeyReused()).toMatchObject({
    code: 'idempotency_key_reused',
    message: 'This Idempotency-Key was used for another request; take a new one.',
  })
})

// The name of a request: random, or the same for the same key and the same bound value.
import { randomUUID } from 'node:crypto'
import { expect, it } from 'vitest'
import { challengeName, deviceTag, requestName, tagOfChallenge } from '../../lib/request-name.ts'

it('is another one for each request without a key', () => {
  const names = Array.from({ length: 1000 }, () => requestName(null))

  expect(new Set(names).size).toBe(1000)
  for (const name of names) expect(name).toMatch(/^[\w-]{10}$/)
})

it('has no letter that is the same for all', () => {
  const names = Array.from({ length: 1000 }, () => requestName(null))

  for (let at = 0; at < 10; at++) {
    expect(new Set(names.map(name => name[at])).size).toBeGreaterThan(32)
  }
})

it('has sixty bits of its own', () => {
  const halves = Array.from({ length: 1000 }, () => {
    const bits = Buffer.from(requestName(null), 'base64url').toString('hex')
    return [bits.slice(0, 6), bits.slice(8, 14)]
  })

  expect(halves.filter(([first, second]) => first === second)).toEqual([])
})

// By SHA-256 of Python: a retry may come to a function of another version.
it('is the same for the same key in every version', () => {
  expect(requestName('login-4711-1')).toBe('n5shcXoefS')
  expect(requestName('login-4711-1', 'digest')).toBe('Gt1-FvCfPh')
})

it('is another one for another key, or the same one bound to something else', () => {
  expect(new Set([requestName('a'), requestName('b'), requestName('a', 'b')]).size).toBe(3)
})

it('of a challenge leads to its device', () => {
  const deviceId = randomUUID()
  const names = Array.from({ length: 1000 }, () => challengeName(deviceId))

  expect(new Set(names).size).toBe(1000)
  expect(new Set(names.map(tagOfChallenge))).toEqual(new Set([deviceTag(deviceId)]))
})

// By SHA-256 of Python: what has been challenged is found by every later version.
it('has the same tag of a device in every version', () => {
  expect(deviceTag('01a22646-6ba7-74a6-accd-f22f17543584')).toBe('ZVgRM')
})

it.each(['', 'a b c d e ', 'Vh1kq3ZcW', 'Vh1kq3ZcW00'])('%j is no name of a challenge', text => {
  expect(tagOfChallenge(text)).toBeNull()
})

// The URL of Twilio's callbacks, as Twilio signs it.
import { expect, it } from 'vitest'
import { statusCallbackUrl, withQuery } from '../../../lib/twilio/callback.ts'

it('the URL of a challenge’s callbacks escapes what Twilio would not sign as it is', () => {
  const ids = { userId: 'tenant|a+b', deviceId: 'd', challengeId: 'c' }

  expect(statusCallbackUrl('https://otp.example', ids)).toBe(
    'https://otp.example/users/tenant%7Ca%2Bb/devices/d/challenge/c/status',
  )
})

it.each([
  ['', 'https://otp.example/status'],
  ['a=1&b=2', 'https://otp.example/status?a=1&b=2'],
])('a URL with %j appended is signed with it', (query, signed) => {
  expect(withQuery('https://otp.example/status', query)).toBe(signed)
})

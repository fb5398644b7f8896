import { resolve } from 'node:path'
import { defineConfig } from 'vitest/config'
import { keptKeys } from './support/keys.ts'

// Long enough to be looked at: nothing here waits for the end of a lock.
process.env.OTP_TWILIO_THROTTLE_FACTOR = '60'
process.env.OTP_TWILIO_COOLDOWN = '60'
// As it is deployed: what is full or suspended is refused.
process.env.OTP_TWILIO_LIMITS = 'on'
process.env.OTP_TWILIO_BREAKER = 'on'
process.env.OTP_TWILIO_LIMIT_NUMBER = '4/600'
process.env.OTP_TWILIO_LIMIT_DEPLOYMENT = '1000/60,5000/86400'
process.env.OTP_TWILIO_ALLOWED_COUNTRIES = 'AT,CH,CZ,DE,FR,GB,IL,JP,NG,US'
process.env.OTP_TWILIO_TEST_NUMBERS = JSON.stringify([
  { number: '+14155550160', userIds: ['reviewer'], token: '123456', until: '2026-01-01' },
])
process.env.OTP_API_KEYS = JSON.stringify(keptKeys)

// A project of its own: `npm test` needs nothing but npm, and these need a browser.
export default defineConfig({
  root: resolve(import.meta.dirname, '../..'),
  test: {
    name: 'browser',
    include: ['test/browser/**/*.test.ts'],
    globalSetup: 'test/support/service.ts',
    // One browser at a time: two would wait for each other on a small machine.
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
})

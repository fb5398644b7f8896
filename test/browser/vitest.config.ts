import { resolve } from 'node:path'
import { defineConfig } from 'vitest/config'

// Long enough to be looked at: nothing here waits for the end of a lock.
process.env.OTP_TWILIO_THROTTLE_FACTOR = '60'
process.env.OTP_TWILIO_COOLDOWN = '60'

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

import { resolve } from 'node:path'
import { defineConfig } from 'vitest/config'

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

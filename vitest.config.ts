import { mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { defineConfig } from 'vitest/config'
import { consolePage } from './test/support/console-page.ts'

// What the suite logs, is answered, and must not find there: written by all tests, read by the
// last.
const record = mkdtempSync(join(tmpdir(), 'otp-test-record-'))
process.env.OTP_TEST_RECORD = record
process.once('exit', () => rmSync(record, { recursive: true }))
// Each file is a process of its own; what all of them load is compiled once.
process.env.NODE_COMPILE_CACHE ??= join(import.meta.dirname, 'node_modules/.cache/node')
// esbuild builds the whole service several times: with more memory, in two thirds of the work.
process.env.GOGC ??= '400'

const slow = { testTimeout: 60_000, hookTimeout: 60_000 }
// Files share a process, which each finds as if it were new.
const fresh = 'test/support/fresh.ts'

export default defineConfig({
  test: {
    // Tests wait for engines, stand-ins and deadlines: with a worker for each core a core would
    // have nothing to do.
    maxWorkers: availableParallelism() + 2,
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/unit/**/*.test.ts'],
          setupFiles: fresh,
          isolate: false,
          testTimeout: 30_000,
        },
      },
      {
        plugins: [consolePage],
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          globalSetup: 'test/support/engine.ts',
          setupFiles: [fresh, 'test/support/environment.ts'],
          isolate: false,
          ...slow,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          globalSetup: 'test/support/service.ts',
          setupFiles: fresh,
          isolate: false,
          ...slow,
        },
      },
      {
        test: {
          // Searches what all others left.
          name: 'leaks',
          include: ['test/leaks.test.ts'],
          sequence: { groupOrder: 1 },
          ...slow,
        },
      },
    ],
  },
})

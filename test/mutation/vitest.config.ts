// The tests that a mutant of one group has to get past.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { defineConfig } from 'vitest/config'
import { groupOf } from './groups.ts'

const record = mkdtempSync(join(tmpdir(), 'otp-test-record-'))
process.env.OTP_TEST_RECORD = record
process.once('exit', () => rmSync(record, { recursive: true }))

const { integration } = groupOf(process.env.OTP_MUTATION)
const unit = { test: { name: 'unit', include: ['test/unit/**/*.test.ts'], testTimeout: 30_000 } }

export default defineConfig({
  test: {
    projects: [
      unit,
      ...(integration.length === 0
        ? []
        : [
            {
              test: {
                name: 'integration',
                include: integration.map(name => `test/integration/${name}.test.ts`),
                globalSetup: 'test/support/engine.ts',
                setupFiles: 'test/support/environment.ts',
                testTimeout: 60_000,
                hookTimeout: 60_000,
              },
            },
          ]),
    ],
  },
})

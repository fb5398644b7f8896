// The tests that a mutant of one group has to get past.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'
import { consolePage } from '../support/console-page.ts'
import { groupOf } from './groups.ts'

const record = mkdtempSync(join(tmpdir(), 'otp-test-record-'))
process.env.OTP_TEST_RECORD = record
process.once('exit', () => rmSync(record, { recursive: true }))

const { unit, integration } = groupOf(process.env.OTP_MUTATION)
const files = (folder: string, names: string[]) =>
  names.map(name => `test/${folder}/${name}.test.ts`)

const inOrder = [...files('unit', unit), ...files('integration', integration)]

/**
 * The order of the group: the first test that fails ends a mutant, so the quick ones come first.
 */
class AsListed extends BaseSequencer {
  override async sort(specifications: TestSpecification[]) {
    const place = ({ moduleId }: TestSpecification) =>
      inOrder.findIndex(file => moduleId.endsWith(file))
    return specifications.toSorted((a, b) => place(a) - place(b))
  }
}

export default defineConfig({
  test: {
    sequence: { sequencer: AsListed },
    projects: [
      { test: { name: 'unit', include: files('unit', unit), testTimeout: 30_000 } },
      ...(integration.length === 0
        ? []
        : [
            {
              plugins: [consolePage],
              test: {
                name: 'integration',
                include: files('integration', integration),
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

// Stryker over one group of lib/; npm run test:mutation starts it for each.
import { groupOf } from './groups.ts'

const name = process.env.OTP_MUTATION

export default {
  testRunner: 'vitest',
  vitest: { configFile: 'test/mutation/vitest.config.ts', related: true },
  coverageAnalysis: 'perTest',
  mutate: groupOf(name).mutate,
  // Stryker's own rewriting of tsconfig.json needs the API of TypeScript 6; there is nothing to
  // rewrite.
  tsconfigFile: 'none',
  checkers: [],
  // Nothing is type-checked, and a test holds files of lib/ against what they are made of.
  disableTypeChecks: false,
  // A run that was ended leaves its sandbox behind.
  ignorePatterns: ['.stryker'],
  concurrency: 2,
  timeoutMS: 20_000,
  reporters: ['json', 'progress-append-only'],
  jsonReporter: { fileName: `.stryker/${name}.json` },
  // Read with --again only.
  incrementalFile: `.stryker/kept-${name}.json`,
  tempDirName: `.stryker/sandbox-${name}`,
  allowEmpty: false,
}

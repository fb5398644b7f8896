// npm run test:browser: the console, the SMS inbox and the sign-in form in a real Chromium, against
// the packaged functions. Its arguments are vitest's. `--screenshots` also renews the pictures of
// the documents.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { parseCLI, startVitest } from 'vitest/node'
import type { CheckKind } from './support/checks.ts'

/** sysexits.h: a service that is needed is unavailable. */
const unavailable = 69
const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome']

const chromium = findChromium()
if (chromium === null) {
  console.error(
    'The browser tests need Chromium: install it (Debian: apt-get install chromium), or name it in CHROMIUM.',
  )
  process.exit(unavailable)
}

const record = mkdtempSync(join(tmpdir(), 'otp-browser-record-'))
process.once('exit', () => rmSync(record, { recursive: true }))
const screenshots = process.argv.includes('--screenshots')
Object.assign(process.env, {
  CHROMIUM: chromium,
  OTP_TEST_RECORD: record,
  ...(screenshots && { OTP_TEST_SCREENSHOTS: 'yes' }),
})

const given = process.argv.slice(2).filter(argument => argument !== '--screenshots')
const { filter, options } = parseCLI(['vitest', 'run', ...given])
const vitest = await startVitest('test', filter, {
  ...options,
  watch: false,
  config: join(import.meta.dirname, 'vitest.config.ts'),
})
const tests = vitest.state.getTestModules().flatMap(module => [...module.children.allTests()])
await vitest.close()

const passed = tests.filter(test => test.result().state === 'passed').length
const checks = countChecks()
console.log(
  `${passed + checks.axe + checks.screen} checks passed: ${passed} tests, ${checks.axe} rules of axe-core on ` +
    `${checks.screen} screens, none with a violation of the policy or an error in the browser's console.`,
)
// A test that fails has set the exit code.
process.exit()

function findChromium(): string | null {
  const named = process.env.CHROMIUM
  if (named) return existsSync(named) ? named : null
  const folders = (process.env.PATH ?? '').split(delimiter)
  const places = names.flatMap(name => folders.map(folder => join(folder, name)))
  const mac = '/Applications/Chromium.app/Contents/MacOS/Chromium'
  return [...places, mac].find(place => existsSync(place)) ?? null
}

function countChecks(): Record<CheckKind, number> {
  const counts = { axe: 0, screen: 0 }
  const file = join(record, 'checks.txt')
  if (!existsSync(file)) return counts
  for (const line of readFileSync(file, 'utf8').split('\n').filter(Boolean)) {
    const [kind, count] = line.split(' ') as [CheckKind, string]
    counts[kind] += Number(count)
  }
  return counts
}

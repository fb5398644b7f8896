// npm run test:browser on a machine without Chromium.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, it } from 'vitest'

it('the browser tests end with a sentence where there is no Chromium', () => {
  const command = join(import.meta.dirname, '../../browser/run.ts')

  const { status, stdout, stderr } = spawnSync(process.execPath, [command], {
    env: { ...process.env, CHROMIUM: '/nowhere/chromium' },
    encoding: 'utf8',
  })

  expect([status, stdout]).toEqual([69, ''])
  expect(stderr).toBe(
    'The browser tests need Chromium: install it (Debian: apt-get install chromium), ' +
      'or name it in CHROMIUM.\n',
  )
})

// What an operator does in the admin console, with the packaged functions behind it.
import { expect, test } from 'vitest'
import { service } from '../support/client.ts'
import { expectAccessible, open, useBrowser } from './support/browser.ts'
import { openDevice, register, signIn } from './support/console.ts'

useBrowser()

test('sandbox', async () => {
  const { user } = await register({ name: 'Phone' })
  const start = await open(`${service.api}/admin`)
  await start.screenshot({ path: '/tmp/shotE-0.png' })
  await expectAccessible(start)
  const page = await signIn()
  await page.screenshot({ path: '/tmp/shotE-1.png' })
  await expectAccessible(page)
  await openDevice(page, user)
  await page.screenshot({ path: '/tmp/shotE-2.png' })
  await expectAccessible(page)
  expect(1).toBe(1)
})

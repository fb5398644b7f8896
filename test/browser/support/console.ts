// The admin console as an operator has it in front of them.
import { randomInt, randomUUID } from 'node:crypto'
import type { BrowserContextOptions, Page } from 'playwright-core'
import { call, service } from '../../support/client.ts'
import { open } from './browser.ts'

/** A user with a device, as a backend registered it. */
export async function register(
  body: { name?: string; confirmed?: boolean; number?: string } = {},
  user = `user-${randomUUID().slice(0, 8)}`,
) {
  // All files share one service: a number of its own, that nobody has.
  const number = `+1415${randomInt(2_000_000, 9_999_999)}`
  const { body: device } = await call('POST', `/users/${user}/devices`, {
    body: { number, ...body },
  })
  return {
    user,
    number: body.number ?? number,
    path: `/users/${user}/devices/${device.id}`,
    id: device.id,
  }
}

/** Opens the console and signs in with the key. */
export async function signIn(
  options: BrowserContextOptions = {},
  key = service.key,
): Promise<Page> {
  const page = await open(`${service.api}/admin`, options)
  await enterKey(page, key)
  return page
}

/** Signs in where the console is open. */
export async function enterKey(page: Page, key = service.key): Promise<void> {
  await page.locator('input[type=password]').fill(key)
  await page.locator('button.primary').click()
  await page.locator('main .tools').waitFor()
}

/** Finds a user, and opens their first device. */
export async function openDevice(page: Page, user: string): Promise<void> {
  await search(page, user)
  await page.locator('.row a').first().click()
  await page.locator('.tiles').waitFor()
}

/** Types into the search field and sends it. */
export async function search(page: Page, text: string): Promise<void> {
  await page.locator('input[type=search]').fill(text)
  await page.locator('input[type=search]').press('Enter')
  await page.locator('.skeleton').waitFor({ state: 'detached' })
}

// What each key sees and may do. The page only greys: the API refuses by itself.
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { call } from '../support/client.ts'
import { expectAccessible, useBrowser } from './support/browser.ts'
import { openDevice, register, search, signIn } from './support/console.ts'
import { keyOf } from './support/keys.ts'

useBrowser()

const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true })
const main = (page: Page) => page.locator('main').innerText()

/** The buttons of a device that are greyed. */
async function greyed(page: Page): Promise<string[]> {
  return page.locator('main .greyed').allInnerTexts()
}

async function refusals(key: string, path: string): Promise<number[]> {
  const asked = [
    call('GET', path, { key }),
    call('PATCH', path, { key, body: { confirmed: true } }),
    call('POST', `${path}/challenge`, { key, body: {} }),
    call('POST', `${path}/reset`, { key }),
    call('GET', '/limits', { key }),
    call('GET', '/all/devices', { key }),
  ]
  return (await Promise.all(asked)).map(({ status }) => status)
}

test('a key that only reads sees a device and its timeline, and the rest greyed', async () => {
  const { user, path } = await register()
  const page = await signIn({}, keyOf('reader'))

  expect(await page.locator('.operator').innerText()).toBe('Signed in as reader')
  expect(await main(page)).toContain('This key finds devices by a whole user id only')
  expect(await page.getByLabel('Show', { exact: true }).isDisabled()).toBe(true)
  await expectAccessible(page)
  await openDevice(page, user)
  await page.locator('.event').first().waitFor({ timeout: 20_000 })
  await expectAccessible(page)

  expect(await greyed(page)).toEqual([
    'Unlock',
    'Send a token',
    'Verify',
    'Edit …',
    'Confirm',
    'Delete …',
  ])
  expect(await main(page)).toContain('This key does not see limits and suspensions.')
  const sent: string[] = []
  page.on('request', request => sent.push(request.method()))
  for (const one of await page.locator('.greyed').all()) await one.click({ force: true })
  expect(sent).toEqual([])
  await page.locator('.screens').getByText('Traffic').click()
  await page.getByText('This key does not see the traffic').waitFor()
  await expectAccessible(page)
  expect(await refusals(keyOf('reader'), path)).toEqual([200, 403, 403, 403, 403, 403])
})

test('a key that unlocks sees all devices and their limits, and sends nothing', async () => {
  const { user, path } = await register()
  const page = await signIn({}, keyOf('unlocker'))
  await openDevice(page, user)
  await page.locator('.limits .meter').first().waitFor()

  expect(await greyed(page)).toEqual(['Send a token', 'Verify', 'Edit …', 'Confirm', 'Delete …'])
  await button(page, 'Unlock').click()
  await page.getByText('Unlocked:').waitFor()
  await expectAccessible(page)

  expect(await refusals(keyOf('unlocker'), path)).toEqual([200, 403, 403, 200, 200, 200])
})

test('the key of a tenant finds, sends to and changes its own users alone', async () => {
  const other = await register()
  const body = { number: '+14155558111' }
  const { body: device } = await call('POST', '/users/acme:ann/devices', { body })
  const page = await signIn({}, keyOf('acme'))

  expect(await page.locator('.operator').innerText()).toBe('Signed in as acme · users acme:…')
  await search(page, other.number)
  await page.getByText('Nothing found').waitFor()
  await openDevice(page, 'acme:ann')
  expect(await greyed(page)).toEqual(['Unlock'])
  await button(page, 'Send a token').click()
  await page.getByText(/^Sent to/).waitFor()
  await expectAccessible(page)

  const own = await refusals(keyOf('acme'), `/users/acme:ann/devices/${device.id}`)
  expect(own.map(status => status === 403)).toEqual([false, false, false, true, true, false])
  expect((await call('GET', other.path, { key: keyOf('acme') })).status).toBe(403)
})

test('an admin sees and may do everything', async () => {
  const { user } = await register()
  const page = await signIn()
  await openDevice(page, user)
  await page.locator('.limits .meter').first().waitFor()

  expect(await page.locator('.operator').innerText()).toBe('Signed in as demo')
  expect(await greyed(page)).toEqual([])
  expect(await main(page)).toContain('Nothing holds it back.')
})

test('a scope that is taken away meanwhile is a notice, and nobody is signed out', async () => {
  const { user } = await register()
  const page = await signIn()
  await openDevice(page, user)
  const detail = 'The API key lacks the scope challenge.'
  await page.route('**/challenge', route =>
    route.fulfill({ status: 403, json: { code: 'missing_scope', status: 403, detail } }),
  )

  await button(page, 'Send a token').click()
  await page.locator('.notice').getByText(detail).waitFor()

  expect(await page.locator('.operator').innerText()).toBe('Signed in as demo')
})

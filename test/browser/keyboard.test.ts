// The console without a mouse: everything is reached by Tab, shows that it has the focus, and does
// its work.
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { call, newestSms, service } from '../support/client.ts'
import { open, useBrowser } from './support/browser.ts'
import { register } from './support/console.ts'

useBrowser()

interface Focused {
  name: string
  /** Drawn around it. */
  outline: string
}

const focusedElement = `(() => {
  const element = document.activeElement
  // After the last element the focus is the browser's own, and then begins anew.
  if (element === document.body) return { name: '', outline: 'none' }
  const label = element.labels?.[0] ?? element
  const name = element.getAttribute('aria-label') ?? label.innerText ?? ''
  return { name: name.trim(), outline: getComputedStyle(element).outlineStyle }
})()`

/** Presses Tab until the focus is on what has this name; each stop on the way shows its focus. */
async function tabTo(page: Page, name: string | RegExp): Promise<void> {
  const passed: string[] = []
  const matches = (found: string) => (typeof name === 'string' ? found === name : name.test(found))
  for (let presses = 0; presses < 60; presses += 1) {
    await page.keyboard.press('Tab')
    const focused = await page.evaluate<Focused>(focusedElement)
    if (focused.name) expect(focused).not.toMatchObject({ outline: 'none' })
    if (matches(focused.name)) return
    passed.push(focused.name)
  }
  throw new Error(`Tab never came to ${name}, only to ${passed.join(', ')}`)
}

async function press(page: Page, name: string | RegExp): Promise<void> {
  await tabTo(page, name)
  await page.keyboard.press('Enter')
}

async function type(page: Page, name: string, text: string): Promise<void> {
  await tabTo(page, name)
  await page.keyboard.type(text)
}

async function signInByKeys(): Promise<Page> {
  const page = await open(`${service.api}/admin`)
  await type(page, 'API key', service.key)
  await page.keyboard.press('Enter')
  await page.locator('.tools').waitFor()
  return page
}

const visible = (page: Page, text: string | RegExp) => page.getByText(text).first().waitFor()

test('an operator verifies a token by keys alone', async () => {
  const { user, number, path } = await register()
  const page = await signInByKeys()

  await type(page, 'Find a device', user)
  await page.keyboard.press('Enter')
  await visible(page, `Devices of ${user}`)
  await press(page, /^\+1•+\d\d$/)
  await page.locator('.tiles').waitFor()
  await press(page, 'Send a token')
  await visible(page, /^Sent to/)
  await type(page, 'Token', await newestSms(number))
  await page.keyboard.press('Enter')
  await visible(page, 'Right. The token is used now')

  expect((await call('GET', path)).body.confirmed).toBe(true)
})

test('a dialog holds the focus until Escape returns it', async () => {
  const { user } = await register()
  const page = await signInByKeys()
  await type(page, 'Find a device', user)
  await page.keyboard.press('Enter')
  await visible(page, `Devices of ${user}`)

  await press(page, 'Delete all …')
  await page.getByRole('dialog').waitFor()
  const inside: string[] = []
  for (let presses = 0; presses < 4; presses += 1) {
    inside.push((await page.evaluate<Focused>(focusedElement)).name)
    await page.keyboard.press('Tab')
  }
  await page.keyboard.press('Escape')
  await page.getByRole('dialog').waitFor({ state: 'detached' })

  expect(inside.slice(0, 2)).toEqual(['Delete all', 'Cancel'])
  expect((await page.evaluate<Focused>(focusedElement)).name).toBe('Delete all …')
  expect((await call('GET', `/users/${user}/devices`)).body.devices).toHaveLength(1)
})

test('an operator manages a device by keys alone', async () => {
  const page = await signInByKeys()

  await press(page, 'Add a device')
  await page.getByRole('dialog').waitFor()
  await page.keyboard.type('by-keys')
  await type(page, 'Number', '+14155558001')
  await page.keyboard.press('Enter')
  await page.locator('.tiles').waitFor()
  await press(page, /^Show number/)
  await visible(page, '+14155558001')
  await press(page, 'Unlock')
  await visible(page, 'Unlocked:')
  await press(page, 'Edit …')
  await page.getByRole('dialog').waitFor()
  await page.keyboard.type('Named')
  await page.keyboard.press('Enter')
  await visible(page, 'Saved.')
  await press(page, 'Confirm')
  await visible(page, 'The device is confirmed.')
  const { body } = await call('GET', '/users/by-keys/devices')
  await press(page, 'Delete …')
  await press(page, /^(Delete|Cancel)$/)
  await page.getByRole('dialog').waitFor({ state: 'detached' })

  expect(body.devices).toMatchObject([{ name: 'Named', confirmed: true }])
})

test('the first Tab leads past the header, and a new screen to its heading', async () => {
  const page = await open(`${service.api}/admin`)
  await page.locator('h1').waitFor()

  await page.keyboard.press('Tab')
  const first = await page.evaluate<Focused>(focusedElement)
  await page.keyboard.press('Enter')
  const content = await page.evaluate('document.activeElement.id')
  await type(page, 'API key', service.key)
  await page.keyboard.press('Enter')
  await page.locator('.tools').waitFor()
  await expect.poll(() => page.evaluate('document.activeElement.innerText')).toBe('Devices')

  expect([first.name, content]).toEqual(['Skip to content', 'content'])
})

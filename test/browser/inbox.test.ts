// The SMS inbox, and each of its failures as an operator sees it in the console.
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { call, newestSms, service } from '../support/client.ts'
import { expectAccessible, open, useBrowser } from './support/browser.ts'
import { openDevice, register, signIn } from './support/console.ts'

useBrowser()

test('a message is shown as it arrives with its token to copy', async () => {
  const { number, path } = await register()
  const inbox = await open(service.inbox, { permissions: ['clipboard-read', 'clipboard-write'] })
  await inbox.getByText('live', { exact: true }).waitFor()
  await expectAccessible(inbox)

  await call('POST', `${path}/challenge`)
  const item = inbox.getByRole('listitem').filter({ hasText: number })
  await item.getByRole('button', { name: 'Copy token' }).click()
  await inbox.getByText(/^Copied/).waitFor()

  expect(await inbox.evaluate('navigator.clipboard.readText()')).toBe(await newestSms(number))
  await expectAccessible(inbox)
})

test('the focus stays where it is when a message arrives', async () => {
  const [first, second] = [await register(), await register()]
  await call('POST', `${first.path}/challenge`)
  const inbox = await open(service.inbox)
  const copy = inbox
    .getByRole('listitem')
    .filter({ hasText: first.number })
    .getByRole('button', { name: 'Copy token' })
  await copy.focus()

  await call('POST', `${second.path}/challenge`)
  await inbox.getByText(second.number).waitFor()

  expect(await copy.evaluate('document.activeElement.closest("li").innerText')).toContain(
    first.number,
  )
})

test('the delivery that is chosen for a message is reported to the service', async () => {
  const { number, path } = await register()
  const inbox = await open(service.inbox)
  await inbox.getByText('live', { exact: true }).waitFor()
  await choose(inbox, 'its delivery chosen below')
  await call('POST', `${path}/challenge`)
  const item = inbox.getByRole('listitem').filter({ hasText: number })
  await item.locator('small span').getByText('sent').waitFor()

  await item.getByRole('button', { name: 'landline' }).click()
  await inbox.getByText('Reported: undelivered').waitFor()

  await item.locator('small span').getByText('undelivered').waitFor()
  const { body } = await call('GET', `${path}/challenge`)
  expect(body.delivery).toMatchObject({ status: 'undelivered', reason: 'landline' })
  expect(await item.locator('code').innerText()).toMatch(/^SM[0-9a-f]{32}$/)
  expect(await item.locator('small').innerText()).toMatch(/^SMS from /)
  await expectAccessible(inbox)
})

test('the inbox is emptied for every page that shows it', async () => {
  const { path } = await register()
  await call('POST', `${path}/challenge`)
  const [one, other] = [await open(service.inbox), await open(service.inbox)]
  await other.getByText('live', { exact: true }).waitFor()

  await one.getByRole('button', { name: 'Empty' }).click()

  await one.getByText('No messages yet').waitFor()
  await other.getByText('No messages yet').waitFor()
  await expectAccessible(one)
})

test.each([
  ['gets 429: too many requests', 'delivery_busy', 'Twilio takes no more messages now'],
  ['gets 500: Twilio is down', 'delivery_unknown', 'It is not known whether the SMS was sent'],
  ['gets no answer at all', 'delivery_unknown', 'It is not known whether the SMS was sent'],
  ['is refused: bad number', 'undeliverable_number', 'Twilio does not send to this number'],
])('the next message alone %s, which the console shows as %s', async (choice, code, sentence) => {
  const { user, number, path } = await register()
  const inbox = await open(service.inbox)
  await inbox.getByText('live', { exact: true }).waitFor()
  const console = await signIn()
  await openDevice(console, user)

  await choose(inbox, choice)
  await inbox.getByText(/^The last message/).waitFor({ state: 'detached' })
  await console.getByRole('button', { name: 'Send a token' }).click()
  await console.locator('.notice').waitFor({ timeout: 30_000 })
  const told = await console.locator('.notice').innerText()
  await inbox.getByText(/^The last message/).waitFor()
  await call('POST', `${path}/reset`)
  const after = await call('POST', `${path}/challenge`)

  expect(told).toContain(sentence)
  expect(told).toContain(code)
  expect(after.status).toBe(200)
  expect(await newestSms(number)).toMatch(/^\d{6}$/)
  expect(await inbox.getByLabel('arrives').isChecked()).toBe(true)
})

/** Chooses what becomes of the next message, and waits until the stand-in knows. */
async function choose(inbox: Page, label: string) {
  const taken = inbox.waitForResponse(response => response.url().endsWith('/failure.json'))
  await inbox.getByLabel(label).check()
  await taken
}

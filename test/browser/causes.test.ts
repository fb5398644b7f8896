// From "I get no SMS" to the true reason: the number is typed, and then there are two clicks.
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { call, service } from '../support/client.ts'
import { expectAccessible, open, useBrowser } from './support/browser.ts'
import { enterKey, register, signIn } from './support/console.ts'
import { changeItem, suspendPrefix } from './support/store.ts'

useBrowser()

type Caller = Awaited<ReturnType<typeof register>>

const challenge = ({ path }: Caller) => call('POST', `${path}/challenge`)

async function nextMessage(next: string): Promise<void> {
  await fetch(`${service.inbox}/failure.json`, { method: 'PUT', body: JSON.stringify({ next }) })
}

/** A message that Twilio takes, and later reports with this code. */
async function lost(errorCode: string): Promise<Caller> {
  const caller = await register()
  await nextMessage('on its way')
  await challenge(caller)
  const to = encodeURIComponent(caller.number)
  const { messages } = (await (await fetch(`${service.inbox}/messages.json?to=${to}`)).json()) as {
    messages: { sid: string }[]
  }
  const body = new URLSearchParams({ status: 'undelivered', errorCode })
  await fetch(`${service.inbox}/messages/${messages[0]?.sid}/status`, { method: 'POST', body })
  return caller
}

async function full(): Promise<Caller> {
  const caller = await register()
  for (let sends = 0; sends < 4; sends += 1) {
    await challenge(caller)
    await call('POST', `${caller.path}/reset`)
  }
  expect((await challenge(caller)).body.code).toBe('limit_reached')
  return caller
}

async function suspended(): Promise<Caller> {
  const caller = await register({ number: '+16285550123' })
  await suspendPrefix('+1628555')
  return caller
}

const causes: Record<string, [arrange: () => Promise<Caller>, told: string[]]> = {
  landline: [() => lost('30006'), ['The number is a landline', 'Twilio 30006: a landline']],
  'blocked by the carrier': [
    () => lost('30007'),
    ['The carrier or Twilio blocked the message', 'Twilio 30007: filtered as unwanted'],
  ],
  'opted out': [() => lost('21610'), ['has opted out by replying STOP', 'Ask for another number']],
  'the limit of the number': [full, ['The limit is full: this number', '4 of 4 in 10 minutes']],
  'a suspended prefix': [suspended, ['Messages to +1628555•••• are suspended']],
  'a cooldown': [
    async () => {
      const caller = await register()
      await challenge(caller)
      return caller
    },
    ['The last message was only just sent', 'possible from'],
  ],
  'a country that is off': [
    async () => {
      const caller = await register()
      // Nothing was tried yet: the settings alone say so.
      await changeItem(caller, ['country', 'LV'])
      return caller
    },
    ['Nothing is sent to Latvia', 'The country is switched off'],
  ],
  'a wrong number': [
    async () => {
      const caller = await register({ number: '+15005550001' })
      await challenge(caller)
      return caller
    },
    ['Twilio does not send to this number', 'Twilio 21211: not a valid phone number'],
  ],
  'Twilio that is down': [
    async () => {
      const caller = await register()
      await nextMessage('500')
      await challenge(caller)
      return caller
    },
    ['Twilio did not answer: it is not known whether it was sent'],
  ],
  'a test number that is over': [
    async () => {
      const { body } = await call('POST', '/users/reviewer/devices', {
        body: { number: '+14155550160' },
      })
      const path = `/users/reviewer/devices/${body.id}`
      // Nothing was tried yet: the list alone says so.
      return { user: 'reviewer', number: '+14155550160', path, id: body.id }
    },
    ['A test number whose date has passed'],
  ],
  'a disabled device': [
    async () => {
      const caller = await register()
      await changeItem(caller, ['failures', 100])
      return caller
    },
    ['The device is disabled after too many wrong tokens'],
  ],
}

const resetsAt = new Date(Date.now() + 3_600_000).toISOString()
const fullOfAll = {
  mode: 'on',
  testNumber: null,
  limits: [
    { limit: 'client', most: 100, seconds: 3600, sent: null },
    { limit: 'country', most: 2000, seconds: 86_400, sent: 2000 },
    { limit: 'deployment', most: 100, seconds: 60, sent: 100 },
  ].map(limit => ({ ...limit, strangers: null, resetsAt })),
}

/** Types the number that a caller says; then one click finds it, and one opens it. */
async function lookUp(page: Page, number: string): Promise<void> {
  await page.locator('input[type=search]').fill(number)
  await page.getByRole('button', { name: 'Search', exact: true }).click()
  await page.locator('.row a').click()
}

test.each(Object.keys(causes))('the reason is two clicks away: %s', async cause => {
  const [arrange, told] = causes[cause]!
  const caller = await arrange()
  const page = await signIn()

  await lookUp(page, caller.number)

  for (const sentence of told) await page.locator('.reasons').getByText(sentence).first().waitFor()
  await expectAccessible(page)
})

test('a full limit is emptied after a question, and the next message goes', async () => {
  const caller = await full()
  const page = await signIn()
  await lookUp(page, caller.number)

  await page.getByRole('button', { name: 'Empty this limit' }).click()
  await page
    .getByRole('dialog')
    .getByText(`ending in ${caller.number.slice(-2)}`)
    .waitFor()
  await expectAccessible(page)
  expect((await challenge(caller)).body.code).toBe('limit_reached')
  await page.getByRole('dialog').getByRole('button', { name: 'Empty' }).click()
  await page.getByText('Emptied: the next message is possible.').waitFor()

  await page.locator('.reasons').getByText('The limit is full').waitFor({ state: 'detached' })
  expect((await challenge(caller)).status).toBe(200)
})

test('where no SMS are sent at all, what is sent instead is named', async () => {
  const caller = await register()
  const page = await open(`${service.api}/admin`)
  await page.route('**/key', async route => {
    const key = await (await route.fetch()).json()
    await route.fulfill({ json: { ...key, channels: ['call', 'whatsapp'] } })
  })
  await enterKey(page)
  await lookUp(page, caller.number)

  await page.locator('.reasons').getByText('OTP_TWILIO_CHANNELS has Call, WhatsApp alone').waitFor()
  const offered = await page.getByLabel('By', { exact: true }).locator('option').allInnerTexts()
  expect(offered).toEqual(['as usual', 'Call', 'WhatsApp'])
  await expectAccessible(page)
})

test('the limit of all, or of a country, leads to the limits', async () => {
  const caller = await register()
  const page = await signIn()
  await page.route(/\/limits\?/, route => route.fulfill({ json: fullOfAll }))
  await lookUp(page, caller.number)
  await page.locator('.reasons').getByText('The limit is full: all messages').waitFor()
  const links = page.locator('.reasons').getByRole('link', { name: 'See the limits' })
  const hrefs = await links.evaluateAll(all => all.map(link => link.getAttribute('href')))
  expect(hrefs).toEqual(['#/limits/US', '#/limits/'])
  await expectAccessible(page)

  await links.first().click()

  const first = page.locator('main .card').first()
  await first.getByText('United States in 1 day').waitFor()
  expect(await first.innerText()).toMatch(/2,000 of 2,000 \(full\)/)
  await expectAccessible(page)
})

test('a suspension is lifted after a question', async () => {
  const caller = await register({ number: '+16285560123' })
  await suspendPrefix('+1628556')
  const page = await signIn()
  await lookUp(page, caller.number)

  await page.getByRole('button', { name: 'Lift' }).click()
  await expectAccessible(page)
  await page.getByRole('dialog').getByRole('button', { name: 'Lift' }).click()
  await page.getByText('Lifted: messages are sent there again.').waitFor()

  expect((await challenge(caller)).status).toBe(200)
})

test('a number that is always allowed is held by no suspension', async () => {
  const caller = await register({ number: '+16285570123' })
  await suspendPrefix('+1628557')
  const number = encodeURIComponent(caller.number)
  const page = await signIn()
  await lookUp(page, caller.number)
  await page.locator('.reasons').getByText('Messages to +1628557•••• are suspended').waitFor()

  await call('PUT', `/always-allow?number=${number}`)
  await page.locator('.back').click()
  await lookUp(page, caller.number)

  await page.getByText('Nothing holds it back.').waitFor()
  expect(await page.getByRole('button', { name: 'Lift' }).count()).toBe(0)
  expect((await challenge(caller)).status).toBe(200)
})

test.each([
  ['sms', 'SMS'],
  ['call', 'Call'],
])('by what the last message went is shown: %s', async (channel, name) => {
  const caller = await register()
  await nextMessage('on its way')
  await call('POST', `${caller.path}/challenge`, { body: { channel } })
  const page = await signIn()

  await lookUp(page, caller.number)

  const tile = page.locator('.tile').filter({ hasText: 'Last message' })
  await tile.getByText(`${name} · At `).waitFor()
  const sent = page.locator('.event').filter({ hasText: 'Token sent' })
  await sent.getByText(name, { exact: true }).waitFor({ timeout: 20_000 })
})

test('what happened is read from the newest on, with who did it and Twilio’s log', async () => {
  const caller = await lost('30006')
  await call('PATCH', caller.path, { body: { confirmed: true } })
  const page = await signIn()
  await lookUp(page, caller.number)

  const events = page.locator('.event')
  await events.getByText('Confirmed').waitFor({ timeout: 20_000 })
  await expect.poll(() => events.allInnerTexts(), { timeout: 20_000 }).toHaveLength(4)

  const shown = await events.allInnerTexts()
  const titles = shown.map(text => text.split('\n')[1])
  // The stream knows the second of a confirmation, and no more.
  expect(titles.filter(title => title !== 'Confirmed')).toEqual([
    'Undelivered',
    'Token sent',
    'Registered',
  ])
  expect(shown[titles.indexOf('Confirmed')]).toContain('demo')
  const log = await events.getByRole('link', { name: 'Its log at Twilio' }).getAttribute('href')
  expect(log).toMatch(/^https:\/\/www\.twilio\.com\/console\/sms\/logs\/SM[0-9a-f]{32}$/)
  await expectAccessible(page)
})

test('earlier events are loaded page by page, and stay', async () => {
  const caller = await register()
  for (let n = 0; n < 42; n += 1) {
    await call('PATCH', caller.path, { body: { confirmed: n % 2 === 0 } })
  }
  const page = await signIn()
  await lookUp(page, caller.number)
  const events = page.locator('.event')
  await page.getByRole('button', { name: 'Show earlier' }).waitFor({ timeout: 20_000 })
  expect(await events.count()).toBe(20)

  await page.getByRole('button', { name: 'Show earlier' }).click()
  await expect.poll(() => events.count()).toBe(22)
  await page.locator('.timeline').getByRole('button', { name: 'Refresh' }).click()
  await page.locator('.timeline [aria-busy]').waitFor({ state: 'detached' })

  expect(await events.last().innerText()).toContain('Registered')
})

// The sign-in form to copy, as the user of a site has it in front of them.
import type { BrowserContextOptions, Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { call, newestSms, service } from '../support/client.ts'
import { expectAccessible, open, useBrowser } from './support/browser.ts'

useBrowser()

let numbers = 0

async function firstStep(
  options: BrowserContextOptions = {},
  clock = false,
  said = 'A code is on its way.',
) {
  numbers += 1
  const number = `+1415556${String(1000 + numbers)}`
  const page = await open('about:blank', options)
  if (clock) await page.clock.install()
  await page.goto(service.demo)
  await page.getByLabel('Your phone number').fill(number)
  await page.getByRole('button', { name: 'Continue' }).click()
  await page.getByText(said).waitFor()
  return { page, number }
}

const code = (page: Page) => page.getByLabel('Code')
const submit = (page: Page) => page.getByRole('button', { name: 'Sign in' }).click()

test('the form asks for the code with the number masked and takes the right one', async () => {
  const { page, number } = await firstStep()

  const shown = await page.locator('main').innerText()
  await expectAccessible(page)
  await code(page).fill(await newestSms(number))
  await submit(page)
  await page.getByText('You are in').waitFor()

  expect(shown).toContain(`+1••••••••${number.slice(-2)}`)
  expect(shown).not.toContain(number)
  await expectAccessible(page)
})

test('the field is one that phones fill in', async () => {
  const { page } = await firstStep()

  expect(await code(page).getAttribute('autocomplete')).toBe('one-time-code')
  expect(await code(page).getAttribute('inputmode')).toBe('numeric')
})

test.each([
  ['in groups', (token: string) => `${token.slice(0, 3)} ${token.slice(3)}`],
  ['within its SMS', (token: string) => `Your code is ${token}.`],
  ['beside another number', (token: string) => `Of 2026 1234: ${token}`],
  ['with what nobody sees', (token: string) => `\u200e\u2066${token}\u2069`],
  ['in Arabic digits', (token: string) => inScript(token, 0x660)],
])('the field takes a pasted code %s', async (_, textOf) => {
  const { page, number } = await firstStep({ permissions: ['clipboard-read', 'clipboard-write'] })
  const token = await newestSms(number)

  await page.evaluate(`navigator.clipboard.writeText(${JSON.stringify(textOf(token))})`)
  await code(page).focus()
  await page.keyboard.press('ControlOrMeta+V')
  const pasted = await code(page).inputValue()
  await submit(page)

  await page.getByText('You are in').waitFor()
  expect(pasted).toBe(token)
})

test.each([
  ['Arabic', 0x660],
  ['full-width', 0xff10],
])('the field takes a code that is typed in %s digits', async (_, zero) => {
  const { page, number } = await firstStep()

  await code(page).fill(inScript(await newestSms(number), zero))
  await submit(page)

  await page.getByText('You are in').waitFor()
})

test('a code of another length costs no try', async () => {
  const { page, number } = await firstStep()

  await code(page).fill('00000')
  await submit(page)
  await page.getByText('The code has 6 digits.').waitFor()
  await code(page).fill(await newestSms(number))
  await submit(page)

  await page.getByText('You are in').waitFor()
})

test('the form shows that a code is wrong and how long that locks', async () => {
  const { page } = await firstStep()

  await submit(page)
  expect(await page.getByRole('alert').filter({ visible: true }).innerText()).toBe(
    'Type the code that we sent.',
  )
  await code(page).fill('000000')
  await submit(page)
  await page.getByText('That code is wrong, used or too old.').waitFor()
  await page.getByText(/^You can try again in (1:00|0:5\d)\.$/).waitFor()
  await expectAccessible(page)
  await submit(page)

  await page.getByText('Too many wrong codes.').waitFor()
  expect(await code(page).getAttribute('aria-invalid')).toBe('true')
})

test('the form sends again when the backend allows it, whatever its own countdown says', async () => {
  const { page, number } = await firstStep({}, true)
  const resend = page.getByRole('button', { name: /^Send again/ })
  expect(await resend.innerText()).toMatch(/^Send again in (1:00|0:5\d)$/)
  expect(await resend.getAttribute('aria-disabled')).toBe('true')
  const first = await newestSms(number)

  await page.clock.runFor(61_000)
  expect(await resend.innerText()).toBe('Send again')
  await resend.click()
  await page.getByText('The last code is only just on its way.').waitFor()
  expect(await page.getByRole('heading').innerText()).toBe('Enter your code')
  const { body } = await call('GET', `/all/devices?number=${encodeURIComponent(number)}`)
  const [{ userId, id }] = body.devices
  await call('POST', `/users/${userId}/devices/${id}/reset`)
  await page.clock.runFor(61_000)
  await resend.click()
  await page.getByText('A code is on its way.').waitFor()

  const sent = await fetch(`${service.inbox}/messages.json?to=${encodeURIComponent(number)}`)
  const { messages } = (await sent.json()) as { messages: { body: string }[] }
  expect(messages.map(({ body }) => body)).toEqual([first, first])
})

test('the form counts down until a code can be asked for again, and does not say that one was sent', async () => {
  const { page } = await firstStep({}, true)
  await page.clock.runFor(61_000)
  const refusal = { ok: false, code: 'limit_reached', retryAfter: 90 }
  await page.route('**/demo/resend', route => route.fulfill({ status: 429, json: refusal }))

  await page.getByRole('button', { name: 'Send again' }).click()
  await page.getByText('Too many codes were asked for.').waitFor()

  expect(await page.getByRole('heading').innerText()).toBe('No code was sent')
  expect(await page.locator('main').innerText()).not.toContain('We sent it')
  expect(await page.getByRole('button', { name: /^Send again in 1:(30|2\d)$/ }).count()).toBe(1)
  await expectAccessible(page)
})

test('the form offers no call where the API offers no other channel', async () => {
  const { page } = await firstStep({}, true)
  await page.clock.runFor(61_000)
  const problem = { ok: false, code: 'undeliverable_number', retryAfter: null }
  const refusal = { ...problem, next: 'another_number' }
  await page.route('**/demo/resend', route => route.fulfill({ status: 422, json: refusal }))

  await page.getByRole('button', { name: 'Send again' }).click()
  await page.getByText('This number takes no SMS.').waitFor()

  expect(await page.getByRole('button', { name: 'Call me instead' }).isVisible()).toBe(false)
})

test('the form offers no other call where one has failed', async () => {
  const { page } = await firstStep({}, true)
  await page.clock.runFor(61_000)
  const problem = { ok: false, code: 'delivery_failed', retryAfter: null }
  const refusal = { ...problem, next: 'another_channel' }
  const refuse = (path: string) =>
    page.route(path, route => route.fulfill({ status: 502, json: refusal }))
  await refuse('**/demo/resend')
  await refuse('**/demo/challenge')
  const button = page.getByRole('button', { name: 'Call me instead' })
  await page.getByRole('button', { name: 'Send again' }).click()

  await button.click()

  await button.waitFor({ state: 'hidden' })
})

test('the form offers a call where a message could not be delivered', async () => {
  const { page, number } = await firstStep({}, true)
  await page.clock.runFor(61_000)
  const problem = { ok: false, code: 'undeliverable_number', retryAfter: null }
  const refusal = { ...problem, next: 'another_channel' }
  await page.route('**/demo/resend', route => route.fulfill({ status: 422, json: refusal }))
  await page.getByRole('button', { name: 'Send again' }).click()
  await page.getByText('This number takes no SMS.').waitFor()
  await page.unroute('**/demo/resend')
  const { body } = await call('GET', `/all/devices?number=${encodeURIComponent(number)}`)
  const [{ userId, id }] = body.devices
  await call('POST', `/users/${userId}/devices/${id}/reset`)

  await page.getByRole('button', { name: 'Call me instead' }).click()
  await page.getByText('A code is on its way.').waitFor()

  const state = await call('GET', `/users/${userId}/devices/${id}/challenge`)
  expect(state.body.state).toBe('pending')
  expect(await page.getByRole('button', { name: 'Call me instead' }).isVisible()).toBe(false)
})

test('the form speaks German to those who read it', async () => {
  const { page } = await firstStep({ locale: 'de-AT' }, false, 'Ein Code ist unterwegs.')

  expect(await page.getByRole('heading').innerText()).toBe('Geben Sie Ihren Code ein')
  await page.getByLabel('Code').fill('123')
  await page.getByRole('button', { name: 'Anmelden' }).click()
  await page.getByText('Der Code hat 6 Ziffern.').waitFor()
  await expectAccessible(page)
})

test.each([
  ['is none', '12', 'This cannot be a phone number.'],
  ['is blank', '', 'That was blank, or too long.'],
])('the form says that a number %s', async (_, number, said) => {
  const page = await open(service.demo)

  await page.getByLabel('Your phone number').fill(number)
  await page.getByRole('button', { name: 'Continue' }).click()

  await page.getByText(said).waitFor()
  await expectAccessible(page)
})

test('the form says when there is no connection', async () => {
  const { page, number } = await firstStep()
  await page.route('**/demo/verify', route => route.abort())
  await code(page).fill(await newestSms(number))

  await submit(page)
  await page.getByText('There is no connection.').waitFor()
  await page.unroute('**/demo/verify')
  await submit(page)

  await page.getByText('You are in').waitFor()
})

test('the sign-in is done by keys alone', async () => {
  const page = await open(service.demo)
  const number = '+14155567999'

  await page.keyboard.press('Tab')
  await page.keyboard.press('Tab')
  await page.keyboard.type(number)
  await page.keyboard.press('Enter')
  await page.getByText('A code is on its way.').waitFor()
  await page.keyboard.type(await newestSms(number))
  await page.keyboard.press('Enter')

  await page.getByText('You are in').waitFor()
})

test('the demo key reaches no browser', async () => {
  const { page } = await firstStep()
  const headers: Record<string, string>[] = []
  page.on('request', request => headers.push(request.headers()))

  await code(page).fill('111111')
  await submit(page)
  await page.getByText('That code is wrong').waitFor()

  expect(await page.content()).not.toContain(service.key)
  expect(JSON.stringify(headers)).not.toContain(service.key)
  expect(await page.context().cookies()).toMatchObject([{ httpOnly: true, sameSite: 'Strict' }])
})

/** Writes a code in the digits of another script, by its zero. */
function inScript(token: string, zero: number): string {
  return token.replace(/\d/g, digit => String.fromCodePoint(zero + Number(digit)))
}

// What an operator sees of the traffic, with the packaged functions behind it.
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { hourOf } from '../../lib/figures/hours.ts'
import { addFigures } from '../../lib/figures/store.ts'
import { call } from '../support/client.ts'
import { expectAccessible, useBrowser } from './support/browser.ts'
import { signIn } from './support/console.ts'
import { localStore, suspendPrefix } from './support/store.ts'
import { answerTraffic, figuresOf, openTraffic } from './support/traffic.ts'

useBrowser()

const main = (page: Page) => page.locator('main').innerText()
const columns = (page: Page) => page.locator('.chart').first().locator('svg g').count()

async function openSample(options = {}): Promise<Page> {
  const page = await signIn(options)
  await answerTraffic(page)
  await openTraffic(page)
  return page
}

test('the figures of the service are shown with how full its limits are', async () => {
  const store = localStore()
  const counts = { sent: 5000, verified: 4000, delivered: 4500, undelivered: 500 }
  const { signal } = new AbortController()
  await addFigures(
    store,
    { hour: hourOf(Date.now()), own: null },
    new Map([['IS', counts]]),
    signal,
  )
  const page = await signIn()

  await openTraffic(page)

  const shown = await main(page)
  expect(shown).toMatch(/Iceland\s+5,000 sent, 80% verified/)
  expect(shown).toMatch(/Iceland in 1 day\s+\d[\d,]* of 2,000/)
  expect(shown).toMatch(/All messages in 1 minute\s+\d+ of 1,000/)
  expect((await call('GET', '/figures')).body.totals.sent).toBeGreaterThanOrEqual(5000)
})

test('a suspension is shown until it is lifted by a press', async () => {
  const prefix = '+4420700'
  await suspendPrefix(prefix)
  const page = await signIn()
  await openTraffic(page)
  await expect.poll(() => main(page)).toMatch(/\+4420700••••\s+1 of 24 verified\s+1[45]:\d\d/)

  await page.getByRole('button', { name: `Lift the suspension of ${prefix}••••` }).click()

  await expect.poll(() => main(page)).toContain(`${prefix}•••• is sent to again.`)
  await expect.poll(() => page.locator('.suspended').allInnerTexts()).not.toContain(prefix)
  const { suspended } = (await call('GET', '/suspensions')).body
  expect(suspended).not.toContainEqual(expect.objectContaining({ prefix }))
})

test('every chart is there in words and numbers too', async () => {
  const page = await openSample()
  const { hours, totals } = figuresOf(24)

  for (const summary of await page.locator('summary').all()) await summary.click()

  const [messages, conversion, spend] = await page.locator('table').allInnerTexts()
  const last = hours.at(-1)!
  expect(messages?.split('\n').at(-1)).toMatch(new RegExp(`\\t${last.sent}\\t${last.verified}$`))
  expect(conversion?.split('\n').at(-1)).toMatch(/\t[89]\d%$/)
  expect(spend?.split('\n').at(-1)).toMatch(/\t\$\d\.\d\d$/)
  expect(await page.locator('.tiles').innerText()).toContain(totals.sent.toLocaleString('en'))
  expect(await main(page)).toMatch(/Indonesia\s+89 sent, 0% verified/)
  expect(await main(page)).toMatch(/100 of 100 \(full\)/)
  expect(await main(page)).toMatch(/Established devices\s+[\d,]+ sent, 9\d% verified/)
  expect(await main(page)).toMatch(/All others\s+[\d,]+ sent, [67]\d% verified/)
})

test('another period is drawn in columns that are wide enough to be seen', async () => {
  const page = await openSample()
  expect(await columns(page)).toBe(24)

  for (const [hours, count] of [
    ['168', 28],
    ['72', 24],
  ] as const) {
    await page.getByLabel('Period').selectOption(hours)
    await expect.poll(() => columns(page)).toBe(count)
  }

  expect(await main(page)).toContain(figuresOf(72).totals.sent.toLocaleString('en'))
})

test('the limits are shown even where nothing was sent', async () => {
  const page = await signIn()
  const none = figuresOf(0)
  await answerTraffic(page, () => none)

  await openTraffic(page)

  expect(await main(page)).toContain('Nothing was sent in this time')
  expect(await main(page)).toContain('Each country')
})

test('one part that is not answered leaves the others', async () => {
  const page = await openSample()
  await page.route(/\/limits(\?|$)/, route => route.abort())

  await page.getByRole('button', { name: 'Refresh' }).click()
  await page.locator('.failed').waitFor()
  await expectAccessible(page)
  expect(await columns(page)).toBe(24)
  expect(await main(page)).toContain('All messages in 1 day')
  await answerTraffic(page)
  await page.getByRole('button', { name: 'Try again' }).click()

  await page.locator('.failed').waitFor({ state: 'detached' })
})

test('figures that are not answered are reported and asked again', async () => {
  const page = await signIn()
  await page.route('**/figures?**', route =>
    route.fulfill({ status: 503, json: { code: 'unavailable' } }),
  )
  await page.locator('.screens a').last().click()
  await page.locator('.failed').waitFor()
  await expectAccessible(page)

  await answerTraffic(page)
  await page.getByRole('button', { name: 'Try again' }).click()

  await page.locator('.chart').first().waitFor()
  await page.locator('.failed').waitFor({ state: 'detached' })
})

test('the traffic is reached, changed and read by keys alone', async () => {
  const page = await signIn()
  await answerTraffic(page)
  const focused = () => page.evaluate<string>('document.activeElement.innerText')
  const tabTo = async (name: RegExp) => {
    for (let presses = 0; presses < 30; presses += 1) {
      await page.keyboard.press('Tab')
      if (name.test(await focused())) return
    }
    throw new Error(`Tab never came to ${name}`)
  }

  await page.locator('.skip').focus()
  await tabTo(/^Traffic$/)
  await page.keyboard.press('Enter')
  await page.locator('.limits').waitFor()
  expect(await focused()).toBe('Traffic')
  await page.keyboard.press('Tab')
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('ArrowDown')
  await expect.poll(() => columns(page)).toBe(28)
  await tabTo(/^Show as a table/)
  await page.keyboard.press('Enter')

  await page.locator('table').first().waitFor({ state: 'visible' })
  expect(await page.locator('table').first().locator('tr').count()).toBe(29)
})

test('letters of twice the size still fit', async () => {
  const page = await openSample()

  await page.evaluate('document.documentElement.style.fontSize = "200%"')

  await expectAccessible(page)
})

// Every screen in every shape: narrow and wide, light and dark, English and German; axe-core finds
// nothing, and nothing has to be scrolled sideways. The pictures are kept under .local/screenshots.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { BrowserContextOptions, Page } from 'playwright-core'
import { beforeAll, describe, expect, test } from 'vitest'
import { call, newestSms, service } from '../support/client.ts'
import { expectAccessible, open, useBrowser } from './support/browser.ts'
import { openDevice, register, search, signIn } from './support/console.ts'
import { answerTraffic, figuresOf, openTraffic } from './support/traffic.ts'

useBrowser()

const folder = '.local/screenshots'
const pictures = 'docs/pictures'
let lockedUser: string

beforeAll(async () => {
  mkdirSync(folder, { recursive: true })
  await call('DELETE', '/users/lena.fischer/devices')
  const people = [
    ['lena.fischer', 'Work phone', '+4930901820', true],
    ['jun.sato', 'iPhone', '+819012345678', true],
    ['amara.okafor', '', '+2348031234567', false],
    ['tomas.novak', 'Mobile', '+420601123456', true],
    ['zoe.martin', 'Private', '+33612345678', false],
  ] as const
  for (const [user, name, number, confirmed] of people) {
    const { body } = await call('POST', `/users/${user}/devices`, {
      body: { number, name, confirmed },
    })
    if (!confirmed) continue
    const path = `/users/${user}/devices/${body.id}`
    await call('POST', `${path}/challenge`)
    await call('POST', `${path}/verify`, { body: { token: await newestSms(number) } })
  }
  const { user, path } = await register({ name: 'Phone', confirmed: true, number: '+447700900123' })
  lockedUser = user
  await call('POST', `${path}/challenge`)
  await call('POST', `${path}/verify`, { body: { token: 'x' } })
})

const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true })

/** Each screen, and how one comes to it. */
const screens: Record<string, (options: BrowserContextOptions) => Promise<Page>> = {
  'sign-in': async options => {
    const page = await open(`${service.api}/admin`, options)
    await page.locator('h1').waitFor()
    return page
  },
  list: options => signIn(options),
  empty: async options => {
    const page = await signIn(options)
    await search(page, 'nobody')
    return page
  },
  device: async options => {
    const page = await signIn(options)
    await openDevice(page, lockedUser)
    return page
  },
  traffic: async options => {
    const page = await signIn(options)
    await answerTraffic(page)
    await openTraffic(page)
    return page
  },
  'traffic-table': async options => {
    const page = await screens.traffic!(options)
    await page.locator('main select').selectOption('168')
    await page.locator('.chart').first().locator('svg g').nth(27).waitFor()
    await page.locator('summary').first().click()
    return page
  },
  'no-traffic': async options => {
    const page = await signIn(options)
    const none = figuresOf(0)
    await answerTraffic(page, () => none)
    await openTraffic(page)
    return page
  },
  add: async options => {
    const page = await signIn(options)
    await page.locator('.title-row button').first().click()
    return page
  },
  edit: async options => {
    const page = await screens.device!(options)
    await page.locator('.card .buttons button').first().click()
    await page.locator('dialog input').nth(1).fill('+1')
    return page
  },
  delete: async options => {
    const page = await screens.device!(options)
    await page.locator('.card .danger-quiet').click()
    return page
  },
  failed: async options => {
    const page = await signIn(options)
    await page.route('**/all/devices?**', route => route.abort())
    await page.locator('.tools button').click()
    await page.locator('.failed').waitFor()
    return page
  },
  nowhere: async options => {
    const page = await signIn(options)
    await page.goto(`${service.api}/admin#/nowhere`)
    await page.locator('main .lead').waitFor()
    return page
  },
  inbox: options => open(service.inbox, options),
  demo: async options => {
    const page = await open(service.demo, options)
    await page.getByLabel('Your phone number').fill('+4915123456789')
    await button(page, 'Continue').click()
    await page.getByText('A code is on its way.').waitFor()
    return page
  },
}

// First: the other tests leave devices behind.
test.runIf(process.env.OTP_SCREENSHOTS)('four pictures are made for the documents', async () => {
  mkdirSync(pictures, { recursive: true })
  const viewport = { width: 1000, height: 640 }
  for (const [name, options] of [
    ['list', { viewport }],
    ['device', { viewport, colorScheme: 'dark' }],
    ['traffic', { viewport: { width: 1000, height: 760 } }],
    ['demo', { viewport: { width: 360, height: 640 } }],
  ] as const) {
    const page = await screens[name]!(options)
    await page.screenshot({ path: join(pictures, `console-${name}.png`) })
  }
})

/** What a window can be like; at 200 % one of 1280 is one of 640. */
const shapes = {
  '1280-light': { width: 1280, height: 800, colorScheme: 'light' },
  '1280-dark': { width: 1280, height: 800, colorScheme: 'dark' },
  '640-light': { width: 640, height: 400, colorScheme: 'light' },
  '360-light': { width: 360, height: 740, colorScheme: 'light' },
  '360-dark': { width: 360, height: 740, colorScheme: 'dark' },
  '320-light': { width: 320, height: 640, colorScheme: 'light' },
} as const

describe.each(['en-GB', 'de-DE'])('in %s', locale => {
  test.each(Object.keys(screens))(
    '%s is accessible and fits at every width and in every colour',
    async name => {
      const page = await screens[name]!({ locale })

      for (const [shape, { colorScheme, ...size }] of Object.entries(shapes)) {
        await page.setViewportSize(size)
        await page.emulateMedia({ colorScheme })
        const path = join(folder, `${name}-${locale.slice(0, 2)}-${shape}.png`)
        await page.screenshot({ path, fullPage: true })
        await expectAccessible(page)
      }
    },
  )
})

test('letters of twice the size still fit', async () => {
  const page = await signIn({ viewport: { width: 1280, height: 800 } })
  await openDevice(page, lockedUser)

  await page.evaluate('document.documentElement.style.fontSize = "200%"')

  await expectAccessible(page)
})

test('nothing moves where less motion is asked for', async () => {
  const running = 'document.getAnimations().length'
  const count = async (reducedMotion: 'reduce' | 'no-preference') => {
    const page = await signIn({ reducedMotion })
    await page.route('**/all/devices?**', () => {})
    await button(page, 'Refresh').click()
    await page.locator('.skeleton').waitFor()
    return page.evaluate<number>(running)
  }

  expect(await count('reduce')).toBe(0)
  expect(await count('no-preference')).toBeGreaterThan(0)
})

test('nothing jumps when the list takes the place of its grey shapes', async () => {
  const page = await signIn()
  const topOf = (selector: string) =>
    page.locator(selector).evaluate('element => element.offsetTop')
  await page.route('**/all/devices?**', () => {})
  const before = await topOf('.rows')

  await button(page, 'Refresh').click()
  await page.locator('.skeleton').waitFor()

  expect(await topOf('.skeleton')).toBe(before)
})

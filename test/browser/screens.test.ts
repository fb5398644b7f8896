// Every screen in every shape: narrow and wide, light and dark, English and German; axe-core finds
// nothing, and nothing has to be scrolled sideways. `npm run screenshots` keeps a picture of
// each under .local/screenshots.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { BrowserContextOptions, Page } from 'playwright-core'
import { beforeAll, describe, expect, test } from 'vitest'
import { call, newestSms, service } from '../support/client.ts'
import { expectAccessible, open, useBrowser } from './support/browser.ts'
import { openDevice, register, search, signIn } from './support/console.ts'
import { keyOf } from './support/keys.ts'
import { suspendPrefix } from './support/store.ts'
import { answerTraffic, figuresOf, openTraffic } from './support/traffic.ts'

useBrowser()

const folder = '.local/screenshots'
const pictures = 'docs/pictures'
let lockedUser: string
let lostUser: string
let lostPath: string
let lockedPath: string

/** Hebrew and Arabic, an id of 128 characters, and a name of marks that a page must not obey. */
const longUser = `auth0|${'x1-'.repeat(40)}ab`
const names = ['الهاتف الشخصي', 'טלפון <b>עבודה</b>', 'x'.repeat(64)]

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
  const { user, path } = await register(
    { name: 'Phone', confirmed: true, number: '+447700900123' },
    'mia.rossi',
  )
  lockedUser = user
  lockedPath = path
  await call('POST', `${path}/challenge`)
  await call('POST', `${path}/verify`, { body: { token: 'x' } })
  const lost = await register({ name: 'Home', number: '+4930901821' }, 'omar.haddad')
  lostUser = lost.user
  lostPath = lost.path
  await fetch(`${service.inbox}/failure.json`, { method: 'PUT', body: '{"next":"on its way"}' })
  await call('POST', `${lost.path}/challenge`)
  const { messages } = await (await fetch(`${service.inbox}/messages.json`)).json()
  const report = new URLSearchParams({ status: 'undelivered', errorCode: '30006' })
  const status = `${service.inbox}/messages/${messages[0].sid}/status`
  await fetch(status, { method: 'POST', body: report })
})

/** The lock of the one device, and the limit of the other, end while the pictures are made. */
async function lockAgain(): Promise<void> {
  await call('POST', `${lockedPath}/reset`)
  await call('POST', `${lockedPath}/challenge`)
  await call('POST', `${lockedPath}/verify`, { body: { token: 'x' } })
}

async function fillAgain(): Promise<void> {
  await call('DELETE', '/suspensions?prefix=%2B493090')
  await call('DELETE', `/limits?userId=${lostUser}`)
  for (let sends = 0; sends < 5; sends += 1) {
    await call('POST', `${lostPath}/reset`)
    await call('POST', `${lostPath}/challenge`, { body: { channel: 'call' } })
  }
  await suspendPrefix('+493090')
}

const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true })

/** Each screen, and how one comes to it. */
const screens: Record<string, (options: BrowserContextOptions) => Promise<Page>> = {
  'sign-in': async options => {
    const page = await open(`${service.api}/admin`, options)
    await page.locator('h1').waitFor()
    return page
  },
  list: async options => {
    const page = await signIn(options)
    await page.locator('.row').nth(4).waitFor()
    return page
  },
  empty: async options => {
    const page = await signIn(options)
    await search(page, 'nobody')
    return page
  },
  device: async options => {
    await lockAgain()
    const page = await signIn(options)
    await openDevice(page, lockedUser)
    return page
  },
  'no-sms': async options => {
    await fillAgain()
    const page = await signIn(options)
    await openDevice(page, lostUser)
    await page.locator('.event').nth(4).waitFor({ timeout: 20_000 })
    await page.locator('.reasons li').nth(1).waitFor()
    return page
  },
  'empty-limit': async options => {
    const page = await screens['no-sms']!(options)
    await page.locator('.reasons button').nth(1).click()
    return page
  },
  locked: async options => {
    const page = await screens.device!(options)
    await page.locator('.card .primary').click()
    await page.locator('dialog').waitFor()
    return page
  },
  reader: async options => {
    const page = await signIn(options, keyOf('reader'))
    await openDevice(page, lockedUser)
    await page.locator('.event').first().waitFor({ timeout: 20_000 })
    return page
  },
  'reader-list': options => signIn(options, keyOf('reader')),
  'reader-traffic': async options => {
    const page = await signIn(options, keyOf('reader'))
    await page.locator('.screens a').last().click()
    await page.locator('.empty').waitFor()
    return page
  },
  long: async options => {
    const path = `/users/${encodeURIComponent(longUser)}/devices`
    const { devices } = (await call('GET', path)).body
    for (const name of devices.length > 0 ? [] : names)
      await call('POST', path, { body: { name, number: '+972501234567' } })
    const page = await signIn(options)
    await search(page, longUser)
    await page.locator('.row').nth(2).waitFor()
    return page
  },
  'long-device': async options => {
    const page = await screens.long!(options)
    await page.locator('.row a').first().click()
    await page.locator('.event').first().waitFor({ timeout: 20_000 })
    return page
  },
  offline: async options => {
    const page = await screens.device!(options)
    await page.route(/\/(limits|events)(\?|$)/, route => route.abort())
    await page.locator('.timeline .quiet').click()
    await page.locator('.timeline .notice').waitFor({ timeout: 20_000 })
    return page
  },
  traffic: async options => {
    const page = await signIn(options)
    await answerTraffic(page)
    await openTraffic(page)
    return page
  },
  limits: async options => {
    const page = await signIn(options)
    await answerTraffic(page)
    await page.goto(`${service.api}/admin#/limits/DE`)
    await page.locator('.limits .meter').nth(2).waitFor()
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
    await page.locator('.cards .card').last().locator('.buttons button').first().click()
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
    await page.getByText(/A code is on its way|Ein Code ist unterwegs/).waitFor()
    return page
  },
}

// First: the other tests leave devices behind.
test.runIf(process.env.OTP_TEST_SCREENSHOTS)(
  'four pictures are made for the documents',
  async () => {
    mkdirSync(pictures, { recursive: true })
    const viewport = { width: 1200, height: 760 }
    for (const [name, screen, options] of [
      ['list', 'list', { viewport: { width: 1200, height: 520 } }],
      ['device', 'no-sms', { viewport: { width: 1200, height: 960 }, colorScheme: 'dark' }],
      ['traffic', 'traffic', { viewport }],
      ['demo', 'demo', { viewport: { width: 360, height: 640 } }],
    ] as const) {
      const page = await screens[screen]!(options)
      await page.screenshot({ path: join(pictures, `console-${name}.png`) })
    }
  },
)

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
        await page.evaluate('new Promise(requestAnimationFrame)')
        const path = join(folder, `${name}-${locale.slice(0, 2)}-${shape}.png`)
        if (process.env.OTP_TEST_SCREENSHOTS) await page.screenshot({ path, fullPage: true })
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

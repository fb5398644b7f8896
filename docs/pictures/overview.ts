// node docs/pictures/overview.ts: draws overview.png, the picture of the README, from the running
// service: the sign-in form, the SMS inbox and the console, all of one challenge. Needs Chromium;
// CHROMIUM names another one.
import { createWriteStream } from 'node:fs'
import { devNull } from 'node:os'
import { join } from 'node:path'
import { chromium, type Locator, type Page } from 'playwright-core'
import { startLocalStack } from '../../infra/local/stack.ts'

const number = '+14155552671'
const picture = join(import.meta.dirname, 'overview.png')

const stack = await startLocalStack(createWriteStream(devNull), {
  env: {
    OTP_TWILIO_TOKEN_TEMPLATES: '{}',
    OTP_TWILIO_COOLDOWN: '30',
    // Long enough to be looked at.
    OTP_TWILIO_THROTTLE_FACTOR: '60',
  },
})
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
})
const context = await browser.newContext({
  deviceScaleFactor: 1.5,
  locale: 'en-GB',
  reducedMotion: 'reduce',
  viewport: { width: 400, height: 640 },
})
try {
  const form = await openForm()
  const inbox = await open(stack.inbox)
  const message = inbox.locator('#inbox > li').first()
  await message.getByText(/^SMS from .*: delivered/).waitFor()
  await message.locator('.report').evaluate(element => element.remove())
  await draw([
    ['Your login asks for the code', await shotOf(form.locator('#second-step'))],
    ['The phone gets it (the inbox of npm start)', await shotOf(message)],
    ['Somebody guessed: support sees the lock, and can undo it', await consoleShot(form)],
  ])
} finally {
  await browser.close()
  await stack.stop()
}

async function open(url: string): Promise<Page> {
  const page = await context.newPage()
  await page.goto(url)
  return page
}

/** The form, its challenge sent. */
async function openForm(): Promise<Page> {
  const page = await open(stack.demo)
  await page.getByLabel('Your phone number').fill(number)
  await page.getByRole('button', { name: 'Continue' }).click()
  await page.getByText('A code is on its way.').waitFor()
  return page
}

/** The device of the form in the console, after a wrong code. */
async function consoleShot(form: Page): Promise<string> {
  await form.getByLabel('Code').fill('000000')
  await form.getByRole('button', { name: 'Sign in' }).click()
  await form.getByText('That code is wrong').waitFor()
  const page = await open(`${stack.api}/admin`)
  await page.emulateMedia({ colorScheme: 'dark' })
  await page.setViewportSize({ width: 920, height: 835 })
  await page.getByLabel('API key').fill(stack.key)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.locator('.rows a').first().click()
  await page.getByText('locked until').waitFor()
  return shotOf(page)
}

async function shotOf(what: Locator | Page): Promise<string> {
  return `data:image/png;base64,${(await what.screenshot()).toString('base64')}`
}

async function draw(panels: [title: string, image: string][]): Promise<void> {
  const page = await context.newPage()
  await page.setViewportSize({ width: 1200, height: 600 })
  const figures = panels.map(
    ([title, image]) =>
      `<figure><figcaption>${title}</figcaption><img src="${image}" alt=""></figure>`,
  )
  await page.setContent(`<!doctype html><style>
    body { margin: 0; padding: 24px; background: #e9efed; font: 500 16px/1.4 system-ui, sans-serif; color: #16201f }
    main { display: grid; grid-template-columns: 380px 1fr; grid-template-rows: auto 1fr; gap: 20px }
    figure { padding: 16px 18px; border-radius: 14px; background: #fbfbf9; box-shadow: 0 1px 3px #16201f26; margin: 0 }
    figcaption { margin-bottom: 12px; color: #00747b }
    img { display: block; width: 100% }
    figure:nth-child(3) { grid-column: 2; grid-row: 1 / 3; background: #0f1413 }
    figure:nth-child(3) figcaption { color: #62cdd2 }
  </style><main>${figures.join('')}</main>`)
  await page.screenshot({ path: picture, fullPage: true })
}

// A real browser whose every page is watched: an error in its console, a violation of the policy or
// a request to elsewhere fails the test.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect } from 'vitest'
import { countChecks } from './checks.ts'

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core'), 'utf8')
let browser: Browser
const faults: string[] = []

/** Chromium tells of each answer of 400 or more as an error; that one is asked for by the test. */
const answered = /^Failed to load resource: (the server responded with a status of|net::ERR_)/

/** Starts the browser of a test file, and ends it. */
export function useBrowser(): void {
  beforeAll(async () => {
    browser = await chromium.launch({
      executablePath: String(process.env.CHROMIUM),
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-dev-shm-usage',
        '--disable-extensions',
        '--no-first-run',
      ],
    })
  })
  afterEach(async () => {
    await Promise.all(browser.contexts().map(context => context.close()))
    expect(faults.splice(0)).toEqual([])
  })
  afterAll(() => browser.close())
}

/** Opens an address in a browser without history, as wide and as dark as is asked. */
export async function open(url: string, options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 800 },
    locale: 'en-GB',
    timezoneId: 'Europe/Berlin',
    reducedMotion: 'reduce',
    ...options,
  })
  context.setDefaultTimeout(15_000)
  await context.addInitScript({
    content: `addEventListener('securitypolicyviolation', event => {
      console.error('policy: ' + event.violatedDirective + ' ' + event.blockedURI)
    })`,
  })
  const page = await context.newPage()
  page.on('console', message => {
    if (message.type() === 'error' && !answered.test(message.text())) faults.push(message.text())
  })
  page.on('pageerror', error => faults.push(String(error)))
  page.on('request', request => {
    const { protocol, hostname } = new URL(request.url())
    if (protocol === 'http:' && hostname === '127.0.0.1') return
    if (protocol !== 'data:') faults.push(`request to ${request.url()}`)
  })
  await page.goto(url)
  return page
}

interface Violation {
  id: string
  help: string
  nodes: { html: string; failureSummary: string }[]
}

/** Holds axe-core's rules, and that nothing has to be scrolled sideways, against what is shown. */
export async function expectAccessible(page: Page): Promise<void> {
  if (!(await page.evaluate<boolean>('"axe" in window'))) await page.evaluate(axeSource)
  const { violations, passes } = await page.evaluate<{
    violations: Violation[]
    passes: unknown[]
  }>('axe.run(document, { resultTypes: ["violations", "passes"] })')
  const found = violations.map(({ id, help, nodes }) => ({
    [id]: [help, ...nodes.map(({ html, failureSummary }) => `${html}: ${failureSummary}`)],
  }))
  expect(found).toEqual([])
  const width = await page.evaluate<[number, number]>(
    '[document.documentElement.scrollWidth, document.documentElement.clientWidth]',
  )
  expect(width[0]).toBeLessThanOrEqual(width[1])
  countChecks('axe', passes.length)
  countChecks('screen', 1)
}

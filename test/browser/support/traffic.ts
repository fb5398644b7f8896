// A week of traffic as a deployment has it, in the shape in which the API shows it.
import type { Page } from 'playwright-core'
import type { FiguresItem } from '../../../lib/figures/expressions.ts'
import { lastHours } from '../../../lib/figures/hours.ts'
import { figuresView } from '../../../lib/figures/view.ts'
import { messagePrices } from '../../../lib/settings/prices.ts'

const prices = messagePrices({
  OTP_TWILIO_PRICES: 'CH=0.0725,DE=0.1105,AT=0.1012,US=0.0083,GB=0.0463,*=0.08',
})
/** Share of the messages, and of those the share that is verified. */
const countries = {
  DE: [0.34, 0.93],
  CH: [0.24, 0.91],
  US: [0.14, 0.88],
  AT: [0.1, 0.92],
  ID: [0.08, 0.04],
  GB: [0.04, 0.9],
  FR: [0.02, 0.9],
  IT: [0.02, 0.85],
  LI: [0.01, 1],
  PL: [0.007, 1],
  ZZ: [0.003, 0],
} as const

function itemOf(entry: string): FiguresItem {
  const hour = Number(entry.slice(-2))
  const sent = Math.round(40 + 36 * Math.sin(((hour - 8) / 24) * 2 * Math.PI) + (hour % 5) * 3)
  const item: FiguresItem = { entry, expiresAt: 0, countries: new Set(Object.keys(countries)) }
  for (const [country, [share, conversion]] of Object.entries(countries)) {
    const count = Math.round(sent * share)
    add(item, country, {
      sent: count,
      verified: Math.round(count * conversion),
      delivered: Math.round(count * 0.95),
      undelivered: Math.round(count * 0.03),
    })
  }
  // Most who log in are known; the pump in Indonesia is not.
  item.sentEstablished = Math.round(sent * 0.7)
  item.verifiedEstablished = Math.round(sent * 0.67)
  add(item, 'DE', { failed: hour % 7, notSent: hour % 3 === 0 ? 1 : 0 })
  add(item, 'ID', { failedDelivery: hour % 9 === 0 ? 1 : 0 })
  return item
}

function add(item: FiguresItem, country: string, counts: Record<string, number>): void {
  for (const [figure, count] of Object.entries(counts)) {
    for (const name of [figure, `${figure}_${country}`])
      item[name] = Number(item[name] ?? 0) + count
  }
}

/** The figures of the last hours. */
export function figuresOf(hours: number) {
  const entries = lastHours(hours, Date.now())
  return figuresView(entries, entries.map(itemOf), prices)
}

/** Limits as shipped, one of them nearly full and one that is. */
export function limitsOf(country: string | null) {
  const resetsAt = new Date(Date.now() + 3_600_000).toISOString()
  const limit = (limit: string, most: number, seconds: number, sent: number | null) => ({
    ...{ limit, most, seconds, sent, resetsAt },
  })
  return {
    mode: 'on',
    testNumber: null,
    limits: [
      limit('number', 5, 600, null),
      limit('number', 20, 86_400, null),
      limit('user', 10, 600, null),
      limit('user', 40, 86_400, null),
      limit('client', 100, 3600, null),
      limit('country', 2000, 86_400, country === null ? null : 1702),
      limit('deployment', 100, 60, 100),
      limit('deployment', 5000, 86_400, 1124),
    ],
  }
}

/** A prefix that is pumped, and whom an admin allows. */
function suspensionsOf() {
  return {
    mode: 'on',
    rules: {
      prefix: { sends: 20, percent: 10, seconds: 3600 },
      country: { sends: 300, percent: 3, seconds: 3600 },
    },
    suspended: [
      {
        ...{ prefix: '+6281234', until: new Date(Date.now() + 2_592_000).toISOString() },
        ...{ times: 2, sends: 24, verified: 1 },
      },
    ],
    allowed: [{ country: 'CH' }],
  }
}

/** Lets the page see this traffic instead of the service's. */
export async function answerTraffic(page: Page, figures = figuresOf): Promise<void> {
  await page.route('**/figures?**', route => {
    const hours = Number(new URL(route.request().url()).searchParams.get('hours'))
    return route.fulfill({ json: figures(hours) })
  })
  await page.route(/\/limits(\?|$)/, route => {
    const country = new URL(route.request().url()).searchParams.get('country')
    return route.fulfill({ json: limitsOf(country) })
  })
  await page.route('**/suspensions', route => route.fulfill({ json: suspensionsOf() }))
}

/** Comes to the traffic by its link. */
export async function openTraffic(page: Page): Promise<void> {
  await page.locator('.screens a').last().click()
  await page.locator('main .count').waitFor()
  await page.locator('.skeleton').waitFor({ state: 'detached' })
  await page.locator('.limits').waitFor()
}

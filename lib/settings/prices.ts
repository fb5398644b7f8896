// OTP_TWILIO_PRICES: what a message costs by the country it goes to, in dollars: US=0.0083,GB=0.0463,*=0.08. Only an
// estimate is made of it, for metrics and charts; Twilio's bill has the last word. Unset, nothing is estimated.
import { type Environment, misconfigured, text } from './read.ts'

/** Dollars a message by country (ISO 3166-1 alpha-2); `*` is any other. */
export type Prices = ReadonlyMap<string, number>

/** Reads the prices. */
export function messagePrices(env: Environment = process.env): Prices {
  const listed = text(env, 'OTP_TWILIO_PRICES')
  const prices = new Map<string, number>()
  for (const one of listed?.split(',') ?? []) {
    const [, country, price] = /^([A-Z]{2}|\*)=(\d{1,3}(?:\.\d{1,6})?)$/.exec(one.trim()) ?? []
    if (country === undefined || prices.has(country)) {
      throw misconfigured('OTP_TWILIO_PRICES', 'dollars by country, such as US=0.0083,*=0.08')
    }
    prices.set(country, Number(price))
  }
  return prices
}

/** What a message to this country costs, dollars. */
export function priceOf(country: string, prices: Prices): number {
  return prices.get(country) ?? prices.get('*') ?? 0
}

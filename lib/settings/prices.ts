// OTP_TWILIO_PRICES: the price of a message by country, in dollars:
// US=0.0083,GB=0.0463,*=0.08. It serves only estimates, for metrics and charts; Twilio's bill
// decides. Unset, nothing is estimated.
import { type Environment, misconfigured, text } from './read.ts'

/** Dollars per message by country (ISO 3166-1 alpha-2); `*` is any other country. */
export type Prices = ReadonlyMap<string, number>

/** Reads the prices. Throws `not_configured`. */
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

/** Returns the price of a message to a country, dollars; 0 where none is given. */
export function priceOf(country: string, prices: Prices): number {
  return prices.get(country) ?? prices.get('*') ?? 0
}

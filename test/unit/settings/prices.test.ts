// What a message is estimated to cost.
import { describe, expect, it } from 'vitest'
import { messagePrices, priceOf } from '../../../lib/settings/prices.ts'

const prices = (OTP_TWILIO_PRICES: string) => messagePrices({ OTP_TWILIO_PRICES })

describe('the price of a message', () => {
  it.each([
    ['its country’s', 'US', 0.0083],
    ['that of any other country', 'GB', 0.08],
    ['that of any other where the country is not known', '', 0.08],
  ])('is %s', (_, country, price) => {
    expect(priceOf(country, prices('US=0.0083, *=0.08'))).toBe(price)
  })

  it('is nothing where none is given', () => {
    expect(priceOf('GB', prices('US=0.0083'))).toBe(0)
    expect(priceOf('US', messagePrices({}))).toBe(0)
  })

  it.each([
    'US',
    'US=',
    'us=1',
    'US=-1',
    'US=1e2',
    'US=1,US=2',
    'USA=1',
    'US=1000',
    'US=0.1234567',
  ])('is not read from %s', value => {
    expect(() => prices(value)).toThrow(
      expect.objectContaining({
        code: 'not_configured',
        message: expect.stringMatching(/^OTP_TWILIO_PRICES must be /),
      }),
    )
  })
})

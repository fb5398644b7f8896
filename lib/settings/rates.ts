// OTP_RATE_*: how many requests API Gateway lets through, before any function is asked: `100/200`
// is 100 a second, and 200 at once.
import { type Environment, misconfigured, text } from './read.ts'

/** Routes that share a setting; each route has a bucket of its own. */
export const rateNames = ['verify', 'challenge', 'callbacks', 'others', 'public'] as const

/** The name of such a setting. */
export type RateName = (typeof rateNames)[number]

/** Requests a second, and how many may come at once. */
export interface Rate {
  perSecond: number
  burst: number
}

/** What API Gateway gives an account by default; who has more sets more. */
const usual: Readonly<Record<RateName, string>> = {
  verify: '100/200',
  challenge: '100/200',
  callbacks: '200/400',
  others: '50/100',
  public: '5/20',
}

/** Reads the rates. Throws `not_configured`. */
export function rateSettings(env: Environment = process.env): Record<RateName, Rate> {
  const rates = rateNames.map(name => [name, readRate(env, name)] as const)
  return Object.fromEntries(rates) as Record<RateName, Rate>
}

function readRate(env: Environment, rate: RateName): Rate {
  const name = `OTP_RATE_${rate.toUpperCase()}`
  const value = text(env, name) ?? usual[rate]
  const [, perSecond, burst] = /^([1-9]\d{0,5})\/([1-9]\d{0,5})$/.exec(value) ?? []
  if (perSecond !== undefined) return { perSecond: Number(perSecond), burst: Number(burst) }
  throw misconfigured(name, 'requests a second and at once, such as 100/200')
}

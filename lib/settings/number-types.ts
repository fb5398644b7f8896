// OTP_TWILIO_NUMBER_TYPES: numbers that cost their caller more than others, or pay somebody for
// being called, are registered only where their type is named.
import { type Environment, listOf, text } from './read.ts'

/** The types that are refused by default. */
export const costlyTypes = [
  'premium_rate',
  'shared_cost',
  'pager',
  'satellite',
  'global_network',
] as const

/** A type of number that is refused by default. */
export type CostlyType = (typeof costlyTypes)[number]

/** Reads which of them are allowed. Throws `not_configured`. */
export function allowedTypes(env: Environment = process.env): CostlyType[] {
  const name = 'OTP_TWILIO_NUMBER_TYPES'
  const value = text(env, name)
  return value === null ? [] : listOf({ name, value }, costlyTypes)
}

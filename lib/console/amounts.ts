// Amounts as people read them, in the language of the console. Pure functions.

/** Formats a whole number: 1,234. */
export function formatCount(count: number, language: string): string {
  return count.toLocaleString(language)
}

/** Formats a share: 88%; with one more digit where 0% or 100% would be wrong. */
export function formatShare(share: number, language: string): string {
  const isNearEnd = (share > 0 && share < 0.01) || (share > 0.99 && share < 1)
  const maximumFractionDigits = isNearEnd ? 1 : 0
  return share.toLocaleString(language, { style: 'percent', maximumFractionDigits })
}

/** Formats dollars, with cents below a hundred. */
export function formatDollars(dollars: number, language: string): string {
  const fractionDigits = dollars < 100 && !Number.isInteger(dollars) ? 2 : 0
  return dollars.toLocaleString(language, {
    style: 'currency',
    currency: 'USD',
    currencyDisplay: 'narrowSymbol',
    minimumFractionDigits: fractionDigits,
    maximumFractionDigits: fractionDigits,
  })
}

const units = [
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
  ['second', 1],
] as const

/** Formats the window of a limit: 10 minutes, 1 day. */
export function formatWindow(seconds: number, language: string): string {
  const [unit, size] = units.find(([, size]) => seconds % size === 0) ?? ['second', 1]
  return (seconds / size).toLocaleString(language, { style: 'unit', unit, unitDisplay: 'long' })
}

/** Names a country: Switzerland for CH. */
export function countryName(code: string, language: string): string {
  return new Intl.DisplayNames(language, { type: 'region' }).of(code) ?? code
}

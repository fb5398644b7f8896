// Times and durations as people read them, in the local time zone. Pure functions.

const second = 1000
const minute = 60 * second
const hour = 60 * minute
const day = 24 * hour
const year = 365 * day

/**
 * Formats the time left: 0:42, 12:05, 3:07:09; from two days on in whole days, then
 * years. Rounded up.
 */
export function formatLeft(leftMs: number, language: string): string {
  const left = Math.max(0, Math.ceil(leftMs / second) * second)
  if (left >= 2 * year) return unit(Math.round(left / year), 'year', language)
  if (left >= 2 * day) return unit(Math.round(left / day), 'day', language)
  const pad = (part: number) => String(part).padStart(2, '0')
  const seconds = Math.floor((left % minute) / second)
  const minutes = Math.floor((left % hour) / minute)
  const hours = Math.floor(left / hour)
  return hours > 0 ? `${hours}:${pad(minutes)}:${pad(seconds)}` : `${minutes}:${pad(seconds)}`
}

/** Formats a moment in short: only the time today, otherwise with the date. */
export function formatMoment(at: string, now: number, language: string): string {
  const date = new Date(at)
  const isToday = date.toDateString() === new Date(now).toDateString()
  return date.toLocaleString(
    language,
    isToday ? { timeStyle: 'medium' } : { dateStyle: 'medium', timeStyle: 'short' },
  )
}

/** Formats a moment exactly: date, time and zone, and the API's own text. */
export function formatExactly(at: string, language: string): string {
  return `${new Date(at).toLocaleString(language, { dateStyle: 'full', timeStyle: 'long' })} (${at})`
}

function unit(count: number, name: 'day' | 'year', language: string): string {
  return count.toLocaleString(language, { style: 'unit', unit: name, unitDisplay: 'long' })
}

// The world of a simulation: a pump and honest users, each with what they do and when. The same
// seed gives the same.

/** A request for a token, and how long after it the token is verified; null is never. */
export interface Arrival {
  /** Milliseconds after the beginning. */
  at: number
  who: 'pump' | 'honest'
  number: string
  country: string
  verifiesAfterMs: number | null
}

/** How much of what there is. */
export const world = {
  hours: 3,
  pump: { numbers: 10_000, prefixes: 20 },
  honest: { users: 2_000, prefixes: 60, conversion: 0.6 },
} as const

// Where both are: what comes between the country code and the last four digits is drawn.
const countries = [
  { country: 'GB', code: '+447', digits: 5 },
  { country: 'DE', code: '+49151', digits: 4 },
  { country: 'FR', code: '+336', digits: 4 },
  { country: 'ES', code: '+346', digits: 4 },
]

/** All arrivals, in their order. */
export function arrivals(seed: number): Arrival[] {
  const random = mulberry32(seed)
  const drawPrefixes = prefixesBy(random)
  const pumped = drawPrefixes(world.pump.prefixes)
  const subscribed = drawPrefixes(world.honest.prefixes)
  const lengthMs = world.hours * 3_600_000
  const pump = Array.from({ length: world.pump.numbers }, (_, n): Arrival => {
    const { prefix, country } = pick(pumped, n)
    const digits = Math.floor(n / pumped.length)
    const number = `${prefix}${String(digits * 7).padStart(4, '0')}`
    const at = ((n + random()) * lengthMs) / world.pump.numbers
    return { at, who: 'pump', number, country, verifiesAfterMs: null }
  })
  const honest = Array.from({ length: world.honest.users }, (_, n): Arrival => {
    const { prefix, country } = pick(subscribed, Math.floor(random() * subscribed.length))
    const number = `${prefix}${String(n * 5).padStart(4, '0')}`
    const verifies = random() < world.honest.conversion
    // Eight seconds for the message, and on average twenty-five to read and type it.
    const verifiesAfterMs = verifies ? 8_000 - 25_000 * Math.log(1 - random()) : null
    return { at: random() * lengthMs, who: 'honest', number, country, verifiesAfterMs }
  })
  return [...pump, ...honest].sort((a, b) => a.at - b.at)
}

/** Prefixes that nobody else has. */
function prefixesBy(random: () => number) {
  const taken = new Set<string>()
  return (count: number) => {
    const drawn: { prefix: string; country: string }[] = []
    while (drawn.length < count) {
      const { country, code, digits } = pick(countries, drawn.length)
      const prefix = `${code}${String(Math.floor(random() * 10 ** digits)).padStart(digits, '0')}`
      if (taken.has(prefix)) continue
      taken.add(prefix)
      drawn.push({ prefix, country })
    }
    return drawn
  }
}

function pick<T>(list: T[], n: number): T {
  return list[n % list.length] as T
}

/** Mulberry32 by Tommy Ettinger: a small generator that a seed starts. */
function mulberry32(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

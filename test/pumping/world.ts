// The people of a simulation and what each does when. The same seed gives the same.

/**
 * Who asks: an owner has an established device, a newcomer a new one. What an attacker gets is the
 * bill, what the others are refused is the harm.
 */
export type Role = 'attacker' | 'owner' | 'newcomer'

/** A request for a token, and how long after it the token is verified; null is never. */
export interface Arrival {
  /** Milliseconds after the beginning. */
  at: number
  who: Role
  /** Each user has one device. */
  userId: string
  number: string
  country: string
  clientIp?: string
  verifiesAfterMs: number | null
}

/** A country, its code with what all its numbers begin with, and how many digits a prefix adds. */
interface Land {
  country: string
  code: string
  digits: number
}

const europe: Land[] = [
  { country: 'GB', code: '+447', digits: 5 },
  { country: 'DE', code: '+49151', digits: 4 },
  { country: 'FR', code: '+336', digits: 4 },
  { country: 'ES', code: '+346', digits: 4 },
]
const manyLands = 'AT BE BG CH CY CZ DK EE FI GR HR HU IE IS IT LT LU LV MT NL NO PL PT RO SE SI SK'
  .split(' ')
  .map((country, n): Land => ({ country, code: `+4${200 + n}`, digits: 4 }))

const hourMs = 3_600_000
const hours = 3

/** How many of whom there are. */
export const people = { numbers: 10_000, prefixes: 20, users: 2_000, launch: 4_000 } as const

/** What the people of a scenario do. */
export type Play = (seed: number) => Arrival[]

/** A pump that signs up with numbers of its own, while newcomers log in. */
export const pump: Play = seed => {
  const { random, drawPrefixes } = chance(seed)
  const pumped = drawPrefixes(people.prefixes)
  const subscribed = drawPrefixes(60)
  const attack = Array.from({ length: people.numbers }, (_, n) =>
    attacker(ownNumber(pumped, n), ((n + random()) * hours * hourMs) / people.numbers),
  )
  return inOrder([...attack, ...honest('newcomer', people.users, subscribed, random)])
}

/** A pump that verifies each of its numbers once, and then asks for more. */
export const verifyingPump: Play = seed => {
  const { random, drawPrefixes } = chance(seed)
  const pumped = drawPrefixes(people.prefixes)
  const owners = honest('owner', people.users, drawPrefixes(60), random)
  const rounds = 10
  const numbers = people.numbers / rounds
  const attack = Array.from({ length: people.numbers }, (_, n): Arrival => {
    const round = Math.floor(n / numbers)
    const at = ((n + random()) * hours * hourMs) / people.numbers
    return {
      ...attacker(ownNumber(pumped, n % numbers), at, 'own'),
      verifiesAfterMs: round === 0 ? 20_000 : null,
    }
  })
  return inOrder([...attack, ...owners])
}

/** Sign-ups with the numbers of people who log in, five for each. */
export const othersNames: Play = seed => {
  const { random, drawPrefixes } = chance(seed)
  const subscribed = drawPrefixes(60)
  const owners = honest('owner', people.users, subscribed, random)
  const newcomers = honest('newcomer', people.users / 10, subscribed, random)
  const attack = Array.from({ length: people.numbers }, (_, n) =>
    attacker(owners[n % owners.length] as Arrival, random() * hours * hourMs),
  )
  return inOrder([...attack, ...owners, ...newcomers])
}

/** The same, over so many prefixes and countries that the breaker sees none of them. */
export const spreadThin: Play = seed => {
  const { random, drawPrefixes } = chance(seed)
  const subscribed = drawPrefixes(60)
  const owners = honest('owner', people.users, subscribed, random)
  const newcomers = honest('newcomer', people.users / 10, subscribed, random)
  const anywhere = drawPrefixes(people.numbers / 10, manyLands)
  const attack = Array.from({ length: people.numbers }, (_, n) =>
    attacker(ownNumber(anywhere, n), random() * hours * hourMs),
  )
  return inOrder([...attack, ...owners, ...newcomers])
}

/**
 * Nobody is established, and no attacker is there: 80 % of the day's limits of all and of two
 * countries.
 */
export const launchDay: Play = seed => {
  const { random, drawPrefixes } = chance(seed)
  const [gb, de, fr] = europe.map(land => drawPrefixes(40, [land]))
  const day = 12
  return inOrder([
    ...honest('newcomer', people.launch * 0.4, gb ?? [], random, day),
    ...honest('newcomer', people.launch * 0.4, de ?? [], random, day),
    ...honest('newcomer', people.launch * 0.2, fr ?? [], random, day),
  ])
}

/**
 * A form that asks for the token before any password: five are asked for each user by somebody
 * else.
 */
export const noPassword: Play = seed => {
  const { random, drawPrefixes } = chance(seed)
  const owners = honest('owner', people.users, drawPrefixes(60), random)
  const attack = Array.from({ length: people.numbers }, (_, n): Arrival => {
    const victim = owners[n % owners.length] as Arrival
    const at = random() * hours * hourMs
    return { ...victim, at, who: 'attacker', verifiesAfterMs: null }
  })
  return inOrder([...attack, ...owners])
}

/** An attacker and two hundred owners behind one address. */
export const oneAddress: Play = seed => {
  const { random, drawPrefixes } = chance(seed)
  const clientIp = '203.0.113.7'
  const pumped = drawPrefixes(people.prefixes)
  const owners = honest('owner', people.users / 10, drawPrefixes(60), random)
  const attack = Array.from({ length: people.numbers / 10 }, (_, n) =>
    attacker(ownNumber(pumped, n), random() * hours * hourMs),
  )
  return inOrder([...attack, ...owners].map(arrival => ({ ...arrival, clientIp })))
}

interface Prefix {
  prefix: string
  country: string
}

function ownNumber(prefixes: Prefix[], n: number) {
  const { prefix, country } = pick(prefixes, n)
  const digits = Math.floor(n / prefixes.length)
  return { number: `${prefix}${String(digits * 7).padStart(4, '0')}`, country }
}

let signUps = 0

/** Somebody who has a token sent to a number, of a new user unless it is the attacker's `own`. */
function attacker(
  { number, country }: { number: string; country: string },
  at: number,
  user: 'new' | 'own' = 'new',
): Arrival {
  signUps += 1
  const userId = user === 'own' ? `attacker-${number.slice(1)}` : `attacker-${signUps}`
  return { at, who: 'attacker', userId, number, country, verifiesAfterMs: null }
}

const conversion = { owner: 0.9, newcomer: 0.6 }

/** People who ask once, at any time, and type the token or do not. */
function honest(
  who: 'owner' | 'newcomer',
  users: number,
  prefixes: Prefix[],
  random: () => number,
  withinHours = hours,
): Arrival[] {
  return Array.from({ length: users }, (_, n): Arrival => {
    const { prefix, country } = pick(prefixes, Math.floor(random() * prefixes.length))
    const number = `${prefix}${String(n * 5 + (who === 'owner' ? 1 : 0)).padStart(4, '0')}`
    const verifies = random() < conversion[who]
    // Eight seconds for the message, and on average twenty-five to read and type it.
    const verifiesAfterMs = verifies ? 8_000 - 25_000 * Math.log(1 - random()) : null
    const at = random() * withinHours * hourMs
    return { at, who, userId: `${who}-${number.slice(1)}`, number, country, verifiesAfterMs }
  })
}

function inOrder(all: Arrival[]): Arrival[] {
  return all.sort((a, b) => a.at - b.at)
}

function chance(seed: number) {
  const random = mulberry32(seed)
  const taken = new Set<string>()
  /** Prefixes that nobody else has. */
  const drawPrefixes = (count: number, lands: Land[] = europe): Prefix[] => {
    const drawn: Prefix[] = []
    while (drawn.length < count) {
      const { country, code, digits } = pick(lands, drawn.length)
      const prefix = `${code}${String(Math.floor(random() * 10 ** digits)).padStart(digits, '0')}`
      if (taken.has(prefix)) continue
      taken.add(prefix)
      drawn.push({ prefix, country })
    }
    return drawn
  }
  return { random, drawPrefixes }
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

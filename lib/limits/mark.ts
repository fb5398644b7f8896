// How an item remembers the requests that it has counted, so that a try that comes again or late is
// not counted twice. Small limits keep every name, large ones the last few.
import { hash } from 'node:crypto'
import type { Nested, Window } from './window.ts'

/** What a request leaves in an item. */
export interface Mark {
  keeps: 'names' | 'register'
  /** The attribute that has it. */
  attribute: string
  /** Its value while the request is counted, and after it was refunded. */
  counted: number | string
  refunded: number | string
}

/** The largest limit that keeps every name: with more the item would outgrow a kilobyte. */
const mostNames = 40

/** A request in the register stays until another one takes its place. */
const registerSize = 32

/** Returns a number between 0 and 1 that is the same for every try of a request. */
export function drawOf(requestName: string): number {
  return digestOf(requestName).readUInt32BE(0) / 2 ** 32
}

/**
 * Whose retry has to be recognised: `ours` comes within the life of its request, a `client's`
 * whenever it wants.
 */
export type Retries = 'ours' | 'clients'

/** Returns the mark of a request, with `names` in a register only where there may be too many. */
export function markOf(
  { windows, now }: { windows: Nested<Window>; now: number },
  { requestName, retries = 'ours' }: { requestName: string; retries?: Retries },
  keeps: Mark['keeps'],
): Mark {
  const digest = digestOf(requestName)
  const name = digest.toString('base64url', 8, 14)
  if (keeps === 'names' && windows[0].most <= mostNames) {
    // A refunded name is removed by its age. What a client may retry is never refunded.
    const own = retries === 'ours' ? `${ageName(now)}${name.slice(0, 5)}` : name.slice(0, 7)
    return { keeps: 'names', attribute: `.${own}`, counted: 1, refunded: 0 }
  }
  const attribute = `r${digest.readUInt32BE(4) % registerSize}`
  return { keeps: 'register', attribute, counted: name, refunded: `-${name}` }
}

function digestOf(requestName: string): Buffer {
  return hash('sha256', requestName, 'buffer')
}

/** Ten seconds of eleven hours have two characters. */
const ageMs = 10_000
const ages = 4_096

function ageOf(now: number): number {
  return Math.floor(now / ageMs) % ages
}

function ageName(now: number): string {
  const age = ageOf(now)
  return Buffer.from([age >> 4, (age & 15) << 4])
    .toString('base64url')
    .slice(0, 2)
}

/** No request lives longer than its ten seconds and the next six. */
const longestLife = 7

/** Whether an attribute is the name of a request that was refunded and has no try on its way. */
export function isForgettable(attribute: string, value: unknown, now: number): boolean {
  if (!/^\..{7}$/.test(attribute) || value !== 0) return false
  const [high = 0, low = 0] = Buffer.from(`${attribute.slice(1, 3)}A`, 'base64url')
  const age = (high << 4) | (low >> 4)
  return (ageOf(now) - age + ages) % ages >= longestLife
}

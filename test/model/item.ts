// The item of the protocol on paper, and the writes that decide on it: the clauses have the names
// that the expressions of lib/ give them, so that a test can take each away.

import type {
  challengeClauses,
  StartCondition,
  startConditionClauses,
} from '../../lib/challenge/expressions.ts'
import type { finishClauses } from '../../lib/challenge/finish-expressions.ts'
import type { attemptClauses } from '../../lib/verification/expressions.ts'

/** A clause of one of the writes. */
export type Clause =
  | `attempt ${keyof typeof attemptClauses}`
  | `challenge ${keyof typeof challengeClauses}`
  | `start ${keyof typeof startConditionClauses}`
  | `finish ${keyof typeof finishClauses}`

/** What the limits' path of a challenge, and a new number, do besides their clauses. */
export type Care =
  | 'a rollback leaves its own name'
  | 'the number started for is the counted one'
  | 'a new number clears the last use'

/** What the protocol stands on; each test world has its own. */
export interface World {
  /** How many attempts the item remembers. */
  register: number
  /** The clause that is taken away. */
  without: Clause | Care | null
  maxFailures: number
  /** Wrong guesses that a token takes; null is no bound. */
  tokenGuesses: number | null
  /** The challenges that the verifiers name, 0 for none. */
  named: number[]
  longestLock: number | null
  validity: number
  cooldown: number
  lastMoment: number
  /** How often the SDK tries. */
  tries: number
  /** What the verifiers guess: a challenge's number, or `wrong`. */
  guesses: number[]
  /** The throttle factors of the verifiers, one each, and of the challenger. */
  factors: number[]
  challengerFactor: number
  /** Whether clients, too, may ask again with their idempotency keys. */
  again: boolean
  /** Whether the challenge before is still on its way a second time. */
  late: boolean
  /**
   * The idempotency keys of challengers whose sends are limited; they take the place of the others.
   */
  limited: string[]
  /** What other requests do meanwhile, each once. */
  meanwhile: ('new number' | 'resend')[]
}

/** The item: its number is '1', or '2' after a new one; a token is its challenge's number, or 0. */
export interface Item {
  failures: number
  /** The failures at which the pending token is used up. */
  guessesEnd: number
  failedAt: number
  lockedUntil: number
  backoff: number
  factor: number
  pending: number
  until: number
  tokenFactor: number
  challengedAt: number
  request: number
  /** The challenge that made the token, where it was sent again; 0 where it was not. */
  first: number
  /** The request whose token was replaced by the last one's. */
  replaced: number
  key: string
  number: string
  /** Whether a token was accepted for the number. */
  used: boolean
  /** Newest first: an attempt's number, negative when it was wrong. */
  register: number[]
}

/** A guess that is no token of any challenge. */
export const wrong = 9

/** No token at all: not even a wrong one. */
export const noGuess = 0

/** One attempt: its number from 1 on, the token that it guesses, and the moment of its request. */
export interface Guess {
  attempt: number
  guess: number
  /** The challenge that it names, or 0. */
  named: number
  now: number
  factor: number
}

/** The attempt's write: what it makes of the item, or null when its condition fails. */
export function attempt(
  item: Item,
  { attempt: id, guess, named, now, factor }: Guess,
  world: World,
): Item | null {
  const { longestLock, tokenGuesses } = world
  const isRight = guess !== noGuess && item.pending === guess
  const unlocked = item.lockedUntil <= now
  const clauses: Record<keyof typeof attemptClauses, boolean> = {
    notDisabled: item.failures < world.maxFailures,
    notUsedUp: tokenGuesses === null || item.failures < item.guessesEnd,
    hasToken: tokenGuesses === null || item.pending !== 0,
    sameChallenge: named === 0 || isOf(item, named),
    factorUnchanged: item.factor === factor,
    notLocked: factor === 0 || longestLock !== null || unlocked,
    notLockedOrLockedLongest:
      factor === 0 || longestLock === null || unlocked || item.failedAt <= now - longestLock,
    notAppliedBefore: !item.register.some(slot => Math.abs(slot) === id),
    notExpired: !isRight || item.until > now,
    tokenFactorUnchanged: !isRight || item.tokenFactor === factor,
  }
  if (!allHold('attempt', clauses, world)) return null
  const register = [isRight ? id : -id, ...item.register].slice(0, world.register)
  return isRight
    ? {
        ...item,
        failures: 0,
        failedAt: 0,
        lockedUntil: 0,
        backoff: item.tokenFactor,
        pending: 0,
        used: true,
        register,
      }
    : {
        ...item,
        failures: item.failures + 1,
        failedAt: now,
        lockedUntil: now + item.backoff,
        backoff: item.backoff * 2,
        register,
      }
}

/** Whether a challenge is the last one, or the one that made the token. */
export function isOf(item: Item, named: number): boolean {
  return [item.request, item.first].includes(named)
}

/** One challenge: its token and request have the same number. */
export interface Challenge {
  request: number
  now: number
  key: string
  /** As the write's own: that no token lives, or that the number is still this one. */
  condition: StartCondition
}

/** The challenge's write, or null when its condition fails. */
export function challenge(
  item: Item,
  { request, now, key, condition }: Challenge,
  world: World,
): Item | null {
  const clauses: Record<keyof typeof challengeClauses, boolean> = {
    notDisabled: item.failures < world.maxFailures,
    cooledDown: item.challengedAt <= now - world.cooldown,
    newRequest: item.request !== request && item.replaced !== request,
    newKey: item.key !== key,
  }
  if (!allHold('challenge', clauses, world)) return null
  const admits: Record<keyof typeof startConditionClauses, boolean> = {
    noLiveToken:
      condition === null || 'number' in condition || item.pending === 0 || item.until <= now,
    sameNumber: condition === null || !('number' in condition) || item.number === condition.number,
  }
  if (!allHold('start', admits, world)) return null
  return {
    ...item,
    pending: request,
    until: now + world.validity,
    tokenFactor: world.challengerFactor,
    challengedAt: now,
    guessesEnd: item.failures + (world.tokenGuesses ?? 0),
    request,
    first: 0,
    replaced: item.request,
    key,
  }
}

/** What a challenge found that should not have been; null where that is not known. */
export type Found = Pick<Item, 'key' | 'request' | 'until' | 'challengedAt' | 'pending'> | null

/** The write that rolls a challenge back: the item as found, or null when its condition fails. */
export function rollBack(
  item: Item,
  { request, now, found }: { request: number; now: number; found: Found },
  world: World,
): Item | null {
  const clauses: Record<keyof typeof finishClauses, boolean> = {
    sameRequest: item.request === request,
    stillPending: item.pending === request,
  }
  if (!allHold('finish', clauses, world)) return null
  const leavesName = world.without !== 'a rollback leaves its own name'
  return {
    ...item,
    pending: 0,
    key: found?.key ?? '',
    until: found === null || found.pending !== 0 ? 0 : found.until,
    challengedAt: found?.challengedAt ?? now - world.cooldown,
    request: leavesName ? request : (found?.request ?? 0),
  }
}

/** A new number, which drops the token, the last use and what a retry of before is answered. */
export function newNumber(item: Item, { without }: World): Item {
  const register = item.register.map(slot => -Math.abs(slot))
  const used = without === 'a new number clears the last use' && item.used
  return { ...item, number: '2', used, pending: 0, until: 0, key: '', register }
}

/**
 * The write that brings the throttle to another factor if nothing of it has moved since it was
 * seen.
 */
export function rescale(item: Item, seen: Item, factor: number): Item {
  const same =
    item.failures === seen.failures &&
    item.failedAt === seen.failedAt &&
    item.factor === seen.factor &&
    (seen.pending === 0 || item.pending === seen.pending)
  if (!same) return item
  const backoff = factor * 2 ** item.failures
  const lockedUntil = item.failures === 0 ? 0 : item.failedAt + backoff / 2
  const tokenFactor = seen.pending === 0 ? item.tokenFactor : factor
  return { ...item, factor, backoff, lockedUntil, tokenFactor }
}

function allHold(write: string, clauses: Record<string, boolean>, { without }: World): boolean {
  return Object.entries(clauses).every(
    ([clause, holds]) => holds || `${write} ${clause}` === without,
  )
}

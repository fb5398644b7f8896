// The protocol on paper: verifiers and challengers, whose requests and answers may be lost, tried
// again and come late, around one item. What has truly happened is kept beside it, and judged.
import { challengerSteps } from './challenger.ts'
import type { Explorable } from './explore.ts'
import { type Item, newNumber, noGuess, type World } from './item.ts'
import { type Limited, limitedSteps, newLimited } from './limited.ts'
import { verifierSteps } from './verifier.ts'

/** A verifier. */
export interface Verifier {
  does: 'new' | 'try' | 'rescale' | 'done'
  guess: number
  now: number
  tries: number
  /** The guesses of the requests that are on their way. */
  sent: number[]
  seen: Item | null
  again: boolean
}
/** A challenger where sends are not limited. */
export interface Challenger {
  does: 'new' | 'try' | 'done'
  request: number
  now: number
  tries: number
  sent: number
}
/** All that a world has come to. */
export interface State {
  clock: number
  item: Item
  verifiers: Verifier[]
  challengers: Challenger[]
  /** What happened: how each attempt was evaluated (0 not yet), and which tokens were accepted. */
  evaluated: number[]
  accepted: number[]
  /** Challenges in the order of their starts, and the moments that their tokens are good until. */
  started: number[]
  until: number[]
  failures: number
  failedAt: number
  /** Wrong guesses since the token that is pending was made, and whether it still is. */
  misses: number
  hasToken: boolean
  /** The last challenge that keeps its cooldown. */
  chargedAt: number
  /** The keys for which an SMS was sent. */
  sms: string[]
  limited: Limited[]
  meanwhile: World['meanwhile']
  /** The token that was sent again, and whether nothing was started since a new number. */
  resent: number
  renumbered: boolean
  broken: string | null
}

/** The request of a resend. */
const resender = 8

/** The states that a world can come to. */
export function protocolIn(world: World): Explorable<State> {
  const fresh: Verifier = {
    does: 'new',
    guess: 0,
    now: 0,
    tries: 0,
    sent: [],
    seen: null,
    again: false,
  }
  const initial: State = {
    clock: 0,
    item: {
      failures: 0,
      guessesEnd: world.tokenGuesses ?? 0,
      failedAt: 0,
      lockedUntil: 0,
      backoff: world.factors[0]!,
      factor: world.factors[0]!,
      pending: 1,
      until: world.validity,
      tokenFactor: world.factors[0]!,
      challengedAt: 0,
      request: 1,
      first: 0,
      replaced: 0,
      key: 'first',
      number: '1',
      used: false,
      register: [],
    },
    verifiers: world.factors.map(() => fresh),
    challengers: [
      { does: 'done', request: 1, now: 0, tries: 1, sent: world.late ? 1 : 0 },
      ...(world.limited.length === 0
        ? [{ does: 'new' as const, request: 2, now: 0, tries: 0, sent: 0 }]
        : []),
      ...(world.again ? [{ does: 'new' as const, request: 3, now: 0, tries: 0, sent: 0 }] : []),
    ],
    evaluated: world.factors.map(() => 0),
    accepted: [],
    started: [1],
    until: [0, world.validity],
    failures: 0,
    failedAt: 0,
    misses: 0,
    hasToken: true,
    chargedAt: 0,
    sms: [],
    limited: world.limited.map((_, n) => newLimited(n + 2)),
    meanwhile: world.meanwhile,
    resent: 0,
    renumbered: false,
    broken: null,
  }
  return {
    initial,
    broken: state => state.broken,
    next: state => [
      ...tick(state, world),
      ...state.verifiers.flatMap((_, n) => verifierSteps(state, n, world)),
      ...state.challengers.flatMap((_, n) => challengerSteps(state, n, world)),
      ...state.limited.flatMap((_, n) => limitedSteps(state, n, world)),
      ...meanwhileSteps(state, world),
    ],
  }
}

/** Every step that can be taken, in words, and the state after it. */
export type Steps = [string, State][]

function tick(state: State, { lastMoment }: World): Steps {
  return state.clock < lastMoment
    ? [['the clock goes on', { ...state, clock: state.clock + 1 }]]
    : []
}

/** What other requests do to the item, each in one write whose answer does not matter. */
function meanwhileSteps(state: State, world: World): Steps {
  return state.meanwhile.flatMap((does, n): Steps => {
    const left = { ...state, meanwhile: state.meanwhile.toSpliced(n, 1) }
    const { item, clock } = state
    if (does === 'new number') {
      const accepted = [...state.accepted, noGuess]
      const renumbered = newNumber(item, world)
      const broken = renumbered.used ? 'a number is established by the one before' : state.broken
      const dropped = { accepted, renumbered: true, hasToken: false, broken }
      const after = { ...left, item: renumbered, ...dropped }
      return [['the device gets a new number', after]]
    }
    const isAllowed = item.challengedAt <= clock - world.cooldown
    if (item.pending === 0 || item.until <= clock || !isAllowed) return []
    const isUsedUp = world.tokenGuesses !== null && item.failures >= item.guessesEnd
    if (isUsedUp) return []
    const first = item.first || item.request
    const resent = { request: resender, first, replaced: item.request, key: 'of the resend' }
    const after = { ...item, ...resent, challengedAt: clock }
    return [
      ['the token is sent again', { ...left, item: after, resent: item.pending, chargedAt: clock }],
    ]
  })
}

// The protocol on paper: three verifiers and a challenger, whose requests and answers may be lost, tried
// again and come late, around one item. What has truly happened is kept beside it, and judged.
import type { Explorable } from './explore.ts'
import { attempt, challenge, type Item, rescale, type World, wrong } from './item.ts'

interface Verifier {
  does: 'new' | 'try' | 'rescale' | 'done'
  guess: number
  now: number
  tries: number
  /** The guesses of the requests that are on their way. */
  sent: number[]
  seen: Item | null
  again: boolean
}
interface Challenger {
  does: 'new' | 'try' | 'done'
  request: number
  now: number
  tries: number
  sent: number
}
interface State {
  clock: number
  item: Item
  verifiers: Verifier[]
  challengers: Challenger[]
  /** What happened: how each attempt was evaluated (0 not yet), and which tokens were accepted. */
  evaluated: number[]
  accepted: number[]
  /** Challenges in the order in which they were begun, and the moments that their tokens are good until. */
  begun: number[]
  until: number[]
  failures: number
  failedAt: number
  sms: number
  broken: string | null
}

const noGuess = 0

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
      failedAt: 0,
      lockedUntil: 0,
      backoff: world.factors[0]!,
      factor: world.factors[0]!,
      pending: 1,
      until: world.validity,
      tokenFactor: world.factors[0]!,
      challengedAt: 0,
      request: 1,
      replaced: 0,
      key: 'first',
      register: [],
    },
    verifiers: world.factors.map(() => fresh),
    challengers: [
      { does: 'done', request: 1, now: 0, tries: 1, sent: world.late ? 1 : 0 },
      { does: 'new', request: 2, now: 0, tries: 0, sent: 0 },
      ...(world.again ? [{ does: 'new' as const, request: 3, now: 0, tries: 0, sent: 0 }] : []),
    ],
    evaluated: world.factors.map(() => 0),
    accepted: [],
    begun: [1],
    until: [0, world.validity],
    failures: 0,
    failedAt: 0,
    sms: 0,
    broken: null,
  }
  return {
    initial,
    broken: state => state.broken,
    next: state => [
      ...tick(state, world),
      ...state.verifiers.flatMap((_, n) => verifierSteps(state, n, world)),
      ...state.challengers.flatMap((_, n) => challengerSteps(state, n, world)),
    ],
  }
}

type Steps = [string, State][]

function tick(state: State, { lastMoment }: World): Steps {
  return state.clock < lastMoment
    ? [['the clock goes on', { ...state, clock: state.clock + 1 }]]
    : []
}

function verifierSteps(state: State, n: number, world: World): Steps {
  const me = state.verifiers[n]!
  const name = `verifier ${n + 1}`
  const be = (to: Partial<Verifier>, from = state): State => ({
    ...from,
    verifiers: from.verifiers.with(n, { ...me, ...to }),
  })
  const send = (guess: number, to: Partial<Verifier>, from = state) =>
    be({ ...to, does: 'try', guess, sent: [...(to.sent ?? me.sent), guess].sort() }, from)
  const steps: Steps = []
  if (me.does === 'new') {
    const guess = world.guesses[n]!
    const started = send(guess, { now: state.clock, tries: 1 })
    steps.push([`${name} guesses ${guess === wrong ? 'wrong' : `token ${guess}`}`, started])
  }
  for (const [place, guess] of me.sent.entries()) {
    const sent = me.sent.toSpliced(place, 1)
    const factor = world.factors[n]!
    const item = attempt(state.item, { attempt: n + 1, guess, now: me.now, factor }, world)
    const after =
      item === null ? state : evaluate(state, item, { n, guess, now: me.now, factor }, world)
    const label = item === null ? 'is refused' : item.failures === 0 ? 'is accepted' : 'is rejected'
    steps.push([`${name} ${label}, and is not told`, be({ sent }, after)])
    if (me.does !== 'try' || guess !== me.guess) continue
    const told = item === null ? judge(state.item, n, { ...me, factor }, world) : 'done'
    const to =
      told === 'expired'
        ? send(noGuess, { tries: 1, sent }, after)
        : told === 'factor changed'
          ? be({ does: 'rescale', seen: state.item, sent }, after)
          : answer(be({ does: 'done', sent }, after), n, told)
    steps.push([`${name} ${label}`, to])
  }
  if (me.does === 'try' && me.tries < world.tries) {
    steps.push([`${name} tries again`, send(me.guess, { tries: me.tries + 1 })])
  } else if (me.does === 'try') {
    const told = settled(state.item, n) ?? 'unknown'
    steps.push([`${name} gives up, and reads: ${told}`, answer(be({ does: 'done' }), n, told)])
  }
  if (me.does === 'rescale') {
    const item = rescale(state.item, me.seen!, world.factors[n]!)
    const rescaled = { ...state, item }
    steps.push([`${name} rescales`, send(me.guess, { tries: 1, seen: null }, checkItem(rescaled))])
  }
  if (me.does === 'done' && world.again && !me.again && n === 0) {
    const asked = send(world.guesses[n]!, {
      now: state.clock,
      tries: 1,
      again: true,
    })
    steps.push([`${name} asks again`, asked])
  }
  return steps
}

function settled(item: Item, n: number): 'accepted' | 'rejected' | null {
  if (item.register.includes(n + 1)) return 'accepted'
  return item.register.includes(-n - 1) ? 'rejected' : null
}

function judge(
  item: Item,
  n: number,
  { guess, now, factor }: Verifier & { factor: number },
  world: World,
) {
  const known = settled(item, n)
  if (known !== null) return known
  if (item.failures >= world.maxFailures) return 'disabled'
  if (item.factor !== factor) return 'factor changed'
  const lock = item.failures === 0 ? 0 : factor * 2 ** (item.failures - 1)
  if (now < item.failedAt + Math.min(lock, world.longestLock ?? lock)) return 'locked'
  if (item.pending === guess && item.until <= now) return 'expired'
  return item.pending === guess && item.tokenFactor !== factor ? 'factor changed' : 'unclear'
}

/** A verdict must be what has truly happened. */
function answer(state: State, n: number, told: string): State {
  const truth = state.evaluated[n]!
  if (told === 'unclear') return { ...state, broken: 'a refusal has no reason' }
  if (told === 'accepted' && truth < 1)
    return { ...state, broken: 'a wrong attempt is told accepted' }
  const isLast = state.accepted.at(-1) === state.verifiers[n]!.guess
  if (told === 'rejected' && truth === 1 && isLast) {
    return { ...state, broken: 'a right attempt is told rejected' }
  }
  return state
}

function evaluate(
  state: State,
  item: Item,
  { n, guess, now, factor }: { n: number; guess: number; now: number; factor: number },
  world: World,
): State {
  const isRight = item.failures === 0
  const lock = state.failures === 0 ? 0 : factor * 2 ** (state.failures - 1)
  const unlockedAt = state.failedAt + Math.min(lock, world.longestLock ?? lock)
  const breaches: [string, boolean][] = [
    ['an attempt is evaluated twice', state.evaluated[n] !== 0],
    ['a token is accepted twice', isRight && state.accepted.includes(guess)],
    ['a replaced token is accepted', isRight && state.begun.at(-1) !== guess],
    ['an expired token is accepted', isRight && now >= state.until[guess]!],
    ['a disabled device is verified', state.failures >= world.maxFailures],
    ['a second evaluation in one lock window', now < unlockedAt],
  ]
  return checkItem({
    ...state,
    item,
    evaluated: state.evaluated.with(n, isRight ? 1 : -1),
    accepted: isRight ? [...state.accepted, guess] : state.accepted,
    failures: isRight ? 0 : state.failures + 1,
    failedAt: isRight ? 0 : now,
    broken: breaches.find(([, isBroken]) => isBroken)?.[0] ?? null,
  })
}

/** What is stored must be what happened, and the lock what its own factor makes of it. */
function checkItem(state: State): State {
  const { item } = state
  if (state.broken !== null) return state
  if (item.failures < state.failures) return { ...state, broken: 'a failure is lost' }
  const fits = item.backoff === item.factor * 2 ** item.failures
  return fits ? state : { ...state, broken: 'the lock is not of its factor' }
}

function challengerSteps(state: State, n: number, world: World): Steps {
  const me = state.challengers[n]!
  const name =
    n === 2 ? 'the challenger, asking again,' : n === 1 ? 'the challenger' : 'the late try'
  const key = n === 0 ? 'first' : 'second'
  const be = (to: Partial<Challenger>, from = state): State => ({
    ...from,
    challengers: from.challengers.with(n, { ...me, ...to }),
  })
  const begin = (from: State): State => ({
    ...from,
    sms: from.sms + 1,
    broken: from.sms > 0 ? 'a second SMS for one key' : from.broken,
  })
  const steps: Steps = []
  if (me.does === 'new' && (n < 2 || state.challengers[1]!.does === 'done')) {
    const started = be({ does: 'try', now: state.clock, tries: 1, sent: 1 })
    steps.push([`${name} challenges with token ${me.request}`, started])
  }
  if (me.sent > 0) {
    const item = challenge(state.item, { request: me.request, now: me.now, key }, world)
    const isNew = !state.begun.includes(me.request)
    const isDisabled = item !== null && state.failures >= world.maxFailures
    const lastBegunAt = state.until[state.begun.at(-1)!]! - world.validity
    const isTooSoon = item !== null && isNew && me.now < lastBegunAt + world.cooldown
    const after: State = {
      ...state,
      item: item ?? state.item,
      ...(item && isNew && { begun: [...state.begun, me.request] }),
      ...(item &&
        isNew && {
          until: [...state.until, ...[0, 0, 0]].slice(0, 4).with(me.request, item.until),
        }),
      ...(isDisabled && { broken: 'a disabled device is challenged' }),
      ...(isTooSoon && { broken: 'a second challenge in one cooldown' }),
    }
    const label = item === null ? 'is refused' : `puts token ${me.request} in`
    steps.push([`${name} ${label}, and is not told`, be({ sent: me.sent - 1 }, after)])
    if (me.does === 'try') {
      const isBegun = item !== null || isOwn(state.item, me)
      const done = be({ does: 'done', sent: me.sent - 1 }, after)
      steps.push([`${name} ${label}`, isBegun ? begin(done) : done])
    }
  }
  if (me.does === 'try' && me.tries < world.tries) {
    steps.push([`${name} tries again`, be({ tries: me.tries + 1, sent: me.sent + 1 })])
  } else if (me.does === 'try') {
    const done = be({ does: 'done' })
    steps.push([`${name} gives up, and reads`, isOwn(state.item, me) ? begin(done) : done])
  }
  return steps
}

function isOwn(item: Item, { request }: Challenger): boolean {
  return item.request === request && item.pending === request
}

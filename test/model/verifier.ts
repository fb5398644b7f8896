// A verifier of the protocol on paper: its steps, and what each must not break.
import { attempt, type Item, isOf, noGuess, rescale, type World, wrong } from './item.ts'
import type { State, Steps, Verifier } from './protocol.ts'

/** What a verifier can do next. */
export function verifierSteps(state: State, n: number, world: World): Steps {
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
    const named = world.named[n] ?? 0
    const { now } = me
    const item = attempt(state.item, { attempt: n + 1, guess, named, now, factor }, world)
    const after = item === null ? state : evaluate(state, item, { n, guess, now, factor }, world)
    const label = item === null ? 'is refused' : item.failures === 0 ? 'is accepted' : 'is rejected'
    steps.push([`${name} ${label}, and its answer is lost`, be({ sent }, after)])
    if (me.does !== 'try' || guess !== me.guess) continue
    const answer = item === null ? explain(state.item, n, { ...me, factor }, world) : 'done'
    const to =
      answer === 'expired'
        ? send(noGuess, { tries: 1, sent }, after)
        : answer === 'factor changed'
          ? be({ does: 'rescale', seen: state.item, sent }, after)
          : answered(be({ does: 'done', sent }, after), n, answer)
    steps.push([`${name} ${label}`, to])
  }
  if (me.does === 'try' && me.tries < world.tries) {
    steps.push([`${name} tries again`, send(me.guess, { tries: me.tries + 1 })])
  } else if (me.does === 'try') {
    const answer = resultOf(state.item, n) ?? 'unknown'
    steps.push([
      `${name} gives up, and reads: ${answer}`,
      answered(be({ does: 'done' }), n, answer),
    ])
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

function resultOf(item: Item, n: number): 'accepted' | 'rejected' | null {
  if (item.register.includes(n + 1)) return 'accepted'
  return item.register.includes(-n - 1) ? 'rejected' : null
}

function explain(
  item: Item,
  n: number,
  { guess, now, factor }: Verifier & { factor: number },
  world: World,
) {
  const known = resultOf(item, n)
  if (known !== null) return known
  if (item.failures >= world.maxFailures) return 'disabled'
  const isBounded = world.tokenGuesses !== null
  const hasToken = item.pending !== 0
  if (isBounded && hasToken && item.failures >= item.guessesEnd) return 'used up'
  if (isBounded && !hasToken) return 'no token'
  const named = world.named[n] ?? 0
  if (named !== 0 && !isOf(item, named)) return 'replaced'
  if (item.factor !== factor) return 'factor changed'
  const lock = item.failures === 0 ? 0 : factor * 2 ** (item.failures - 1)
  if (now < item.failedAt + Math.min(lock, world.longestLock ?? lock)) return 'locked'
  if (item.pending === guess && item.until <= now) return 'expired'
  return item.pending === guess && item.tokenFactor !== factor ? 'factor changed' : 'unclear'
}

/** A result must be what has truly happened. */
function answered(state: State, n: number, answer: string): State {
  const truth = state.evaluated[n]!
  if (answer === 'unclear') return { ...state, broken: 'a refusal has no reason' }
  if (answer === 'accepted' && truth < 1)
    return { ...state, broken: 'a wrong attempt is answered as accepted' }
  const isLast = state.accepted.at(-1) === state.verifiers[n]!.guess
  if (answer === 'rejected' && truth === 1 && isLast) {
    return { ...state, broken: 'a right attempt is answered as rejected' }
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
  const { tokenGuesses } = world
  const named = world.named[n] ?? 0
  const made = state.started.at(-1)!
  const breaches: [string, boolean][] = [
    ['a guess is counted that no SMS was sent for', tokenGuesses !== null && !state.hasToken],
    ['a token takes a guess too many', tokenGuesses !== null && state.misses >= tokenGuesses],
    ['a guess of another challenge is compared', named !== 0 && named !== made],
    ['an attempt is evaluated twice', state.evaluated[n] !== 0],
    ['a token is accepted twice', isRight && state.accepted.includes(guess)],
    ['a replaced token is accepted', isRight && state.started.at(-1) !== guess],
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
    misses: state.misses + 1,
    hasToken: state.hasToken && !isRight,
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

// A challenger whose sends are limited, on paper: lib/challenge/admission.ts. What the limits say
// may be anything, and every write of its own may be lost, tried again and come late.
import { afterStart, isOwn, sent } from './challenger.ts'
import { challenge, type Found, type Item, rollBack, type World } from './item.ts'
import type { State, Steps } from './protocol.ts'

/** A challenger where sends are limited. */
export interface Limited {
  does: 'new' | 'first' | 'charge started' | 'charge seen' | 'second' | 'roll back' | 'done'
  request: number
  now: number
  /** Of the present write. */
  tries: number
  /** The tries on their way of each write: where no token lives, after the limits, the rollback. */
  first: number
  second: number
  rollbacks: number
  /** The number that the limits are asked for. */
  number: string
  found: Found
  isRefused: boolean
  /** Whether it has ended a token that lived. */
  hasTaken: boolean
  isRolledBack: boolean
}

/** A challenger that has done nothing yet. */
export function newLimited(request: number): Limited {
  return {
    does: 'new',
    request,
    now: 0,
    tries: 0,
    first: 0,
    second: 0,
    rollbacks: 0,
    number: '',
    found: null,
    isRefused: false,
    hasTaken: false,
    isRolledBack: false,
  }
}

const taken = 'a refused challenge takes a live token away'

/** One challenger's turn. */
interface Turn {
  state: State
  n: number
  me: Limited
  key: string
  world: World
}

/** What a limited challenger can do next. */
export function limitedSteps(state: State, n: number, world: World): Steps {
  const turn: Turn = { state, n, me: state.limited[n]!, key: world.limited[n]!, world }
  const steps = [
    ...writingSteps(turn, 'first'),
    ...writingSteps(turn, 'second'),
    ...limitSteps(turn),
    ...rollbackSteps(turn),
  ]
  return steps.map(([what, after]) => [`limited challenger ${turn.me.request} ${what}`, after])
}

/** The write where no token lives, or the one for the number that the limits have let through. */
function writingSteps(turn: Turn, write: 'first' | 'second'): Steps {
  const { state, me, key, world } = turn
  const steps: Steps = []
  if (write === 'first' && me.does === 'new') {
    steps.push(['challenges', be(turn, { does: 'first', now: state.clock, tries: 1, first: 1 })])
  }
  if (me[write] > 0) {
    const condition = write === 'first' ? { noLiveToken: true as const } : { number: me.number }
    const item = challenge(state.item, { request: me.request, now: me.now, key, condition }, world)
    const arrived = be(turn, { [write]: me[write] - 1 })
    const after = item === null ? arrived : applied({ ...turn, state: arrived }, item)
    const what = item === null ? 'is refused' : 'starts'
    steps.push([`${what}, and its answer is lost`, after])
    const answered = { ...turn, state: after }
    if (me.does === write) steps.push([what, afterAnswer(answered, write, state.item, item)])
  }
  if (me.does === write && me.tries < world.tries) {
    const again = be(turn, { tries: me.tries + 1, [write]: me[write] + 1 })
    steps.push(['tries again', again])
  } else if (me.does === write) {
    const read = isOwn(state.item, me)
    const after = read ? afterAnswer(turn, write, state.item, null) : be(turn, { does: 'done' })
    steps.push(['gives up, and reads', after])
  }
  return steps
}

/** The answer to a write, which has found `before` and made `item` of it, or was refused. */
function afterAnswer(
  turn: Turn,
  write: 'first' | 'second',
  before: Item,
  item: Item | null,
): State {
  const { me } = turn
  const isStarted = item !== null || isOwn(before, me)
  if (write === 'second') return isStarted ? send(turn, before.number) : be(turn, { does: 'done' })
  if (!isStarted) return be(turn, afterRefusal(before, turn))
  const { key, request, until, challengedAt, pending, number } = before
  const found = item === null ? null : { key, request, until, challengedAt, pending }
  return be(turn, { does: 'charge started', number, found })
}

/** What the limits say: anything. */
function limitSteps(turn: Turn): Steps {
  const { does, number } = turn.me
  if (does === 'charge started') {
    const rollingBack = { does: 'roll back', isRefused: true, tries: 1, rollbacks: 1 } as const
    return [
      ['is let through', send(turn, number)],
      ['is limited', be(turn, rollingBack)],
    ]
  }
  if (does !== 'charge seen') return []
  return [
    ['is let through', be(turn, { does: 'second', tries: 1, second: 1 })],
    ['is limited', be(turn, { does: 'done', isRefused: true })],
  ]
}

function rollbackSteps(turn: Turn): Steps {
  const { me, world } = turn
  const steps: Steps = []
  if (me.rollbacks > 0) {
    const after = rolledBackIn({ ...turn, state: be(turn, { rollbacks: me.rollbacks - 1 }) })
    steps.push(['rolls back, and its answer is lost', after])
    if (me.does === 'roll back')
      steps.push(['rolls back', be({ ...turn, state: after }, { does: 'done' })])
  }
  if (me.does !== 'roll back') return steps
  if (me.tries === world.tries) steps.push(['gives up', be(turn, { does: 'done' })])
  else
    steps.push(['rolls back again', be(turn, { tries: me.tries + 1, rollbacks: me.rollbacks + 1 })])
  return steps
}

/** The state in which the challenger is another; judges what it has done by now. */
function be({ state, n }: Turn, to: Partial<Limited>): State {
  const me = { ...state.limited[n]!, ...to }
  const isBroken = me.isRefused && me.hasTaken
  const broken = state.broken ?? (isBroken ? taken : null)
  return { ...state, limited: state.limited.with(n, me), broken }
}

function send(turn: Turn, number: string): State {
  const { state, me, key, world } = turn
  const isCounted = number === me.number
  if (!isCounted && world.without !== 'the number started for is the counted one') {
    return be(turn, { does: 'roll back', isRefused: true, tries: 1, rollbacks: 1, found: null })
  }
  const broken = isCounted ? state.broken : 'something is sent that was not counted'
  return sent({ ...be(turn, { does: 'done' }), broken }, key)
}

/** The state after a challenge's write was applied. */
function applied(turn: Turn, item: Item): State {
  const { state, n, me, world } = turn
  const { pending, until } = state.item
  const takes = pending !== 0 && pending !== me.request && until > state.clock
  const after = afterStart(state, item, me, world)
  const broken = me.isRolledBack ? 'a rolled back challenge comes back' : after.broken
  const { hasTaken } = after.limited[n]!
  return be({ ...turn, state: { ...after, broken } }, { hasTaken: hasTaken || takes })
}

/** A live token alone is no refusal yet: the limits are asked for the number that was seen. */
function afterRefusal(seen: Item, { me, key, world }: Turn): Partial<Limited> {
  const isFinal =
    seen.key === key ||
    seen.failures >= world.maxFailures ||
    seen.challengedAt > me.now - world.cooldown
  const lives = seen.pending !== 0 && seen.until > me.now
  return isFinal || !lives ? { does: 'done' } : { does: 'charge seen', number: seen.number }
}

function rolledBackIn(turn: Turn): State {
  const { state, me, world } = turn
  const item = rollBack(state.item, me, world)
  if (item === null) return state
  const isTaken = state.resent !== 0 && state.resent === state.item.pending
  const isRemembered = state.renumbered && item.key !== ''
  return {
    ...be(turn, { isRolledBack: true }),
    item,
    chargedAt: item.challengedAt,
    hasToken: false,
    ...(isTaken && { broken: taken }),
    ...(isRemembered && { broken: 'a challenge of before a new number is remembered' }),
  }
}

// A challenger of the protocol on paper, where sends are not limited.
import { challenge, type Item, type World } from './item.ts'
import type { Challenger, State, Steps } from './protocol.ts'

/** What a challenger can do next, where sends are not limited. */
export function challengerSteps(state: State, n: number, world: World): Steps {
  const me = state.challengers[n]!
  const name =
    n === 2 ? 'the challenger, asking again,' : n === 1 ? 'the challenger' : 'the late try'
  const key = n === 0 ? 'first' : 'second'
  const be = (to: Partial<Challenger>, from = state): State => ({
    ...from,
    challengers: from.challengers.with(n, { ...me, ...to }),
  })
  const steps: Steps = []
  if (me.does === 'new' && (n < 2 || state.challengers[1]!.does === 'done')) {
    const started = be({ does: 'try', now: state.clock, tries: 1, sent: 1 })
    steps.push([`${name} challenges with token ${me.request}`, started])
  }
  if (me.sent > 0) {
    const written = { request: me.request, now: me.now, key, condition: null }
    const item = challenge(state.item, written, world)
    const after = item === null ? state : afterStart(state, item, written, world)
    const label = item === null ? 'is refused' : `puts token ${me.request} in`
    steps.push([`${name} ${label}, and its answer is lost`, be({ sent: me.sent - 1 }, after)])
    if (me.does === 'try') {
      const isStarted = item !== null || isOwn(state.item, me)
      const done = be({ does: 'done', sent: me.sent - 1 }, after)
      steps.push([`${name} ${label}`, isStarted ? sent(done, key) : done])
    }
  }
  if (me.does === 'try' && me.tries < world.tries) {
    steps.push([`${name} tries again`, be({ tries: me.tries + 1, sent: me.sent + 1 })])
  } else if (me.does === 'try') {
    const done = be({ does: 'done' })
    steps.push([`${name} gives up, and reads`, isOwn(state.item, me) ? sent(done, key) : done])
  }
  return steps
}

/** The state after a challenge's write was applied. */
export function afterStart(
  state: State,
  item: Item,
  { request, now }: Pick<Challenger, 'request' | 'now'>,
  world: World,
): State {
  const isNew = !state.started.includes(request)
  const isDisabled = state.failures >= world.maxFailures
  const isTooSoon = isNew && now < state.chargedAt + world.cooldown
  return {
    ...state,
    item,
    ...(isNew && {
      started: [...state.started, request],
      until: [...state.until, ...[0, 0, 0]].slice(0, 4).with(request, item.until),
      chargedAt: now,
      misses: 0,
      hasToken: true,
    }),
    renumbered: false,
    ...(isDisabled && { broken: 'a disabled device is challenged' }),
    ...(isTooSoon && { broken: 'a second challenge in one cooldown' }),
  }
}

/** The state after an SMS was sent. */
export function sent(state: State, key: string): State {
  const isSecond = state.sms.includes(key)
  return {
    ...state,
    sms: [...state.sms, key],
    broken: isSecond ? 'a second SMS for one key' : state.broken,
  }
}

/** Whether the item shows that a request's write was applied. */
export function isOwn(item: Item, { request }: Pick<Challenger, 'request'>): boolean {
  return item.request === request && item.pending === request
}

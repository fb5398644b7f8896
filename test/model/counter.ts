// A counter of the limits on paper: lib/limits/store.ts. Requests charge it, and send or refund;
// every write may be lost, tried again and come late. The clauses have the names that
// lib/limits/expressions.ts gives them, so that a test can take each away.
import type { chargeClauses, refundClauses } from '../../lib/limits/expressions.ts'
import type { Mark } from '../../lib/limits/mark.ts'
import type { Explorable } from './explore.ts'

/** A clause of one of the writes. */
export type CounterClause =
  | `charge ${keyof typeof chargeClauses}`
  | 'charge hasRoom'
  | `refund ${keyof typeof refundClauses}`

/** What the writes do besides their clauses. */
export type CounterCare =
  | 'a refund leaves its name where a try may come late'
  | 'a refused retry is refunded'

/** What a counter stands on; each test world has its own. */
export interface CounterWorld {
  keeps: Mark['keeps']
  requests: number
  most: number
  /** How often a write is tried. */
  tries: number
  without: CounterClause | CounterCare | null
}

type Refund = 'remove' | 'tombstone' | 'counted' | 'known'

interface Requester {
  does: 'new' | 'charge' | 'decide' | 'refund' | 'done'
  charge: 'counted' | 'repeated' | 'unknown'
  tries: number
  /** The tries that are on their way. */
  charges: number
  refunds: Refund[]
}

/** All that a world has come to. */
export interface CounterState {
  sent: number
  /** By request: not in the item, counted, or refunded. */
  marks: ('none' | 'counted' | 'refunded')[]
  requesters: Requester[]
  sms: number
  /** Whether a refund came before a charge that the register knew nothing of. */
  isTooFull: boolean
}

type Steps = [step: string, after: CounterState][]

/** The states that a world can come to. */
export function counterIn(world: CounterWorld): Explorable<CounterState> {
  const fresh: Requester = { does: 'new', charge: 'unknown', tries: 0, charges: 0, refunds: [] }
  const all = Array.from({ length: world.requests }, () => fresh)
  return {
    initial: { sent: 0, marks: all.map(() => 'none'), requesters: all, sms: 0, isTooFull: false },
    broken: state => brokenIn(state, world),
    next: state =>
      state.requesters.flatMap((_, n) =>
        [...chargeSteps(state, n, world), ...refundSteps(state, n, world)].map(
          ([what, after]): [string, CounterState] => [`request ${n + 1} ${what}`, after],
        ),
      ),
  }
}

function brokenIn({ sent, sms, requesters, isTooFull }: CounterState, world: CounterWorld) {
  if (sms > world.most) return 'more is sent than there is room for'
  if (sent < sms) return 'less is counted than was sent'
  const isOver = requesters.every(
    ({ does, charges, refunds }) => does === 'done' && charges === 0 && refunds.length === 0,
  )
  return isOver && sent > sms && !isTooFull ? 'more is counted than was sent' : null
}

function be(state: CounterState, n: number, to: Partial<Requester>): CounterState {
  return { ...state, requesters: state.requesters.with(n, { ...state.requesters[n]!, ...to }) }
}

function chargeSteps(state: CounterState, n: number, world: CounterWorld): Steps {
  const me = state.requesters[n]!
  const steps: Steps = []
  if (me.does === 'new') {
    steps.push(['charges', be(state, n, { does: 'charge', tries: 1, charges: 1 })])
  }
  if (me.charges > 0) {
    const isApplied = chargeHolds(state, n, world)
    const applied = isApplied
      ? { ...state, sent: state.sent + 1, marks: state.marks.with(n, 'counted') }
      : state
    const after = be(applied, n, { charges: me.charges - 1 })
    steps.push(['is counted or refused, and its answer is lost', after])
    if (me.does === 'charge') {
      const isCounted = isApplied || state.marks[n] === 'counted'
      const charge = isApplied && me.tries === 1 ? 'counted' : 'repeated'
      steps.push(
        isCounted
          ? ['is counted', be(after, n, { does: 'decide', charge })]
          : ['is refused', afterRefusal(after, n, world)],
      )
    }
  }
  if (me.does === 'charge' && me.tries < world.tries) {
    steps.push(['charges again', be(state, n, { tries: me.tries + 1, charges: me.charges + 1 })])
  } else if (me.does === 'charge') {
    const unknown = be(state, n, { charge: 'unknown' })
    steps.push(['gives up, and refunds', startRefund(unknown, n, world)])
  }
  if (me.does === 'decide') {
    steps.push(['sends', { ...be(state, n, { does: 'done' }), sms: state.sms + 1 }])
    steps.push(['is refused elsewhere, and refunds', startRefund(state, n, world)])
  }
  return steps
}

function chargeHolds({ sent, marks }: CounterState, n: number, world: CounterWorld): boolean {
  const isNew = world.keeps === 'names' ? 'charge isNew' : 'charge isNewInRegister'
  return (
    (marks[n] === 'none' || world.without === isNew) &&
    (sent < world.most || world.without === 'charge hasRoom')
  )
}

/** A try before the one that was refused may be on its way, and find room. */
function afterRefusal(state: CounterState, n: number, world: CounterWorld): CounterState {
  const isSure = state.requesters[n]!.tries === 1 || world.without === 'a refused retry is refunded'
  return isSure
    ? be(state, n, { does: 'done' })
    : startRefund(be(state, n, { charge: 'unknown' }), n, world)
}

function startRefund(state: CounterState, n: number, world: CounterWorld): CounterState {
  return be(state, n, { does: 'refund', tries: 1, refunds: [refundOf(state, n, world, 1)] })
}

/** The write of a try. In a register only the first may refund what it does not see. */
function refundOf(state: CounterState, n: number, world: CounterWorld, tries: number): Refund {
  const { charge } = state.requesters[n]!
  if (world.keeps === 'register') return charge !== 'unknown' && tries === 1 ? 'counted' : 'known'
  const isCareless = world.without === 'a refund leaves its name where a try may come late'
  return charge === 'counted' || isCareless ? 'remove' : 'tombstone'
}

function refundSteps(state: CounterState, n: number, world: CounterWorld): Steps {
  const me = state.requesters[n]!
  const steps: Steps = me.refunds.flatMap((refund, place): Steps => {
    const arrived = be(state, n, { refunds: me.refunds.toSpliced(place, 1) })
    const after = refunded(arrived, n, refund, world)
    const lost: Steps = [[`refunds (${refund}), and its answer is lost`, after]]
    return me.does === 'refund'
      ? [...lost, [`refunds (${refund})`, be(after, n, { does: 'done' })]]
      : lost
  })
  if (me.does === 'refund' && me.tries < world.tries) {
    const tries = me.tries + 1
    const refunds = [...me.refunds, refundOf(state, n, world, tries)].toSorted()
    steps.push(['refunds again', be(state, n, { tries, refunds })])
  } else if (me.does === 'refund') {
    steps.push(['gives up', be(state, n, { does: 'done' })])
  }
  return steps
}

function refunded(
  state: CounterState,
  n: number,
  refund: Refund,
  { without }: CounterWorld,
): CounterState {
  const mark = state.marks[n]!
  const leave = (to: 'none' | 'refunded', by: number): CounterState => ({
    ...state,
    sent: state.sent - by,
    marks: state.marks.with(n, to),
  })
  switch (refund) {
    case 'remove':
      return mark !== 'none' || without === 'refund isCounted'
        ? leave('none', mark === 'refunded' ? 0 : 1)
        : state
    case 'tombstone':
      return leave('refunded', mark === 'counted' ? 1 : 0)
    case 'counted': {
      const holds =
        (mark !== 'none' || without === 'refund isCounted') &&
        (mark !== 'refunded' || without === 'refund isNotRefunded')
      return holds ? leave('refunded', 1) : state
    }
    case 'known': {
      if (mark === 'counted' || without === 'refund isKnown') return leave('refunded', 1)
      // A late charge is counted: a limit is too full rather than too empty.
      return mark === 'none' ? { ...state, isTooFull: true } : state
    }
  }
}

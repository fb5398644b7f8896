// Visits every state that a protocol can come to, breadth first, so that what breaks it is found by
// the shortest list of steps.

/** A protocol: where it starts, and what can come next. */
export interface Explorable<State> {
  initial: State
  /** Every step that can be taken, in words, and the state after it. */
  next(state: State): [step: string, after: State][]
  /** What the state breaks; null for nothing. */
  broken(state: State): string | null
}

/** What was found; `counterexample` holds the steps to the first state that breaks something. */
export interface Explored {
  states: number
  transitions: number
  counterexample: { broken: string; steps: string[] } | null
}

/** Explores until every state was visited or one breaks something. */
export function explore<State>({ initial, next, broken }: Explorable<State>): Explored {
  // All states have the same members in the same order.
  const seen = new Set([JSON.stringify(initial)])
  const queue: { state: State; step: string; from: number }[] = [
    { state: initial, step: '', from: -1 },
  ]
  let transitions = 0
  for (let n = 0; n < queue.length; n++) {
    const { state } = queue[n]!
    const what = broken(state)
    if (what !== null) {
      const steps: string[] = []
      for (let at = n; at > 0; at = queue[at]!.from) steps.unshift(queue[at]!.step)
      return { states: seen.size, transitions, counterexample: { broken: what, steps } }
    }
    for (const [step, after] of next(state)) {
      transitions += 1
      const name = JSON.stringify(after)
      if (seen.has(name)) continue
      seen.add(name)
      queue.push({ state: after, step, from: n })
    }
  }
  return { states: seen.size, transitions, counterexample: null }
}

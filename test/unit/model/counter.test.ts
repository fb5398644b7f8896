// The counters of the limits, on paper and in every state: that they hold, and that nothing of them
// can be left out.
import { describe, expect, it } from 'vitest'
import {
  type CounterCare,
  type CounterClause,
  type CounterWorld,
  counterIn,
} from '../../model/counter.ts'
import { explore } from '../../model/explore.ts'
import { figure } from '../../support/figures.ts'
import { propertyMs } from '../../support/property.ts'
import { isLong } from '../../support/runs.ts'

const one: CounterWorld = { keeps: 'names', requests: 1, most: 2, tries: 2, without: null }
const many = { requests: isLong ? 3 : 2, most: isLong ? 2 : 1 }

const worlds: Record<string, CounterWorld> = {
  'one request and a register': { ...one, keeps: 'register', tries: 3 },
  'one request and names': { ...one, tries: 3 },
  'more requests than room, and a register': { ...one, ...many, keeps: 'register' },
  'more requests than room, and names': { ...one, ...many },
}

describe('in every state', () => {
  it.each(Object.keys(worlds))(
    'a counter holds with %s',
    name => {
      const { states, counterexample } = explore(counterIn(worlds[name]!))

      const violations = Number(counterexample !== null)
      figure({ claim: `a counter holds in every state with ${name}`, trials: states, violations })
      expect(counterexample).toBeNull()
    },
    propertyMs,
  )
})

/** What comes to pass first when a clause is not there. */
const lost: Record<CounterClause | CounterCare, string> = {
  'charge isNew': 'more is counted than was sent',
  'charge isNewInRegister': 'more is counted than was sent',
  'charge hasRoom': 'more is sent than there is room for',
  'refund isCounted': 'less is counted than was sent',
  'refund isNotRefunded': 'less is counted than was sent',
  'refund isKnown': 'less is counted than was sent',
  'a refund leaves its name where a try may come late': 'more is counted than was sent',
  'a refused retry is refunded': 'more is counted than was sent',
}

describe('a counter breaks', () => {
  it.each(Object.keys(lost) as (CounterClause | CounterCare)[])(
    'without: %s',
    without => {
      const found = Object.values(worlds)
        .map(world => explore(counterIn({ ...world, without })).counterexample)
        .find(counterexample => counterexample !== null)

      console.log([`without ${without}: ${found?.broken}`, ...(found?.steps ?? [])].join('\n  '))
      expect(found?.broken).toBe(lost[without])
    },
    propertyMs,
  )
})

// Requests for one device at once, at every order of their writes that a scheduler can draw, with
// answers and requests lost, and late ones among them.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { connectStore } from '../../../lib/dynamodb/client.ts'
import { broken } from '../../model/invariants.ts'
import { type Racer, run } from '../../model/race.ts'
import { type Fault, scheduler } from '../../support/gates.ts'
import { hold, propertyMs, type Runs } from '../../support/property.ts'

const store = connectStore()

const fault = fc.constantFrom<Fault>('none', 'none', 'lose answer', 'lose request', 'late request')
const common = {
  plan: fc.array(fault, { maxLength: 4 }),
  afterMs: fc.constantFrom(0, 0, 1000, 2500),
}
const key = fc.constantFrom(null, null, 'k')
const racers = {
  verify: fc.record({
    does: fc.constant('verify' as const),
    guess: fc.constantFrom<(number | 'wrong')[]>(0, 0, 1, 2, 'wrong'),
    factor: fc.constantFrom(1, 1, 1, 0, 2),
    key,
    ...common,
  }),
  challenge: fc.record({
    does: fc.constant('challenge' as const),
    end: fc.constantFrom('sent' as const, 'sent' as const, 'unknown' as const, 'refused' as const),
    key,
    limited: fc.constantFrom(true, true, false),
    ...common,
  }),
  patch: fc.record({ does: fc.constant('patch' as const), ...common }),
  delete: fc.record({ does: fc.constant('delete' as const), ...common }),
  reset: fc.record({ does: fc.constant('reset' as const), ...common }),
} satisfies Record<Racer['does'], fc.Arbitrary<Racer>>
type Does = keyof typeof racers

const fields: Does[][] = [
  ['verify', 'verify'],
  ['verify', 'challenge'],
  ['challenge', 'challenge'],
  ['patch', 'verify'],
  ['patch', 'challenge'],
  ['delete', 'verify'],
  ['delete', 'challenge'],
]

/** Races of such racers, and of none to as many others as make four. */
function races(field: Does[], others: { min: number; max: number }) {
  const all: fc.Arbitrary<Racer>[] = Object.values(racers)
  const more = fc.oneof(racers.verify, racers.verify, racers.challenge, ...all)
  return fc.tuple(
    fc.tuple(...field.map(does => racers[does] as fc.Arbitrary<Racer>)),
    fc.array(more, { minLength: others.min, maxLength: others.max }),
    fc.record({
      cooldownSeconds: fc.constantFrom(0, 0, 30),
      room: fc.constantFrom(1, 1, 2, 9),
      isPending: fc.constantFrom(true, true, false),
    }),
    scheduler(),
  )
}

function raceAll(claim: string, runs: Runs, drawn: ReturnType<typeof races>) {
  return hold(
    claim,
    runs,
    fc.asyncProperty(drawn, async ([named, others, options, schedule]) => {
      const race = await run(store, schedule, { racers: [...named, ...others], ...options })
      expect(broken(race)).toEqual([])
    }),
  )
}

describe('at every order of their writes', () => {
  it.each(fields)(
    '%s against %s decides once',
    (...field) => {
      const claim = `${field.join(' against ')} decides once`
      return raceAll(claim, { sample: 8, long: 600 }, races(field, { min: 0, max: 0 }))
    },
    propertyMs,
  )

  it(
    'three and four at once decide once',
    () => {
      const claim = 'three and four requests at once decide once'
      return raceAll(claim, { sample: 24, long: 1800 }, races([], { min: 3, max: 4 }))
    },
    propertyMs,
  )
})

// The protocol of attempts and challenges, on paper and in every state: that it holds, and that
// nothing of it can be left out.
import { describe, expect, it } from 'vitest'
import { type Explored, explore } from '../../model/explore.ts'
import { type Care, type Clause, type World, wrong } from '../../model/item.ts'
import { protocolIn } from '../../model/protocol.ts'
import { figure } from '../../support/figures.ts'
import { propertyMs } from '../../support/property.ts'
import { isLong } from '../../support/runs.ts'

const whole: World = {
  register: 4,
  without: null,
  maxFailures: 3,
  tokenGuesses: null,
  named: [],
  longestLock: null,
  validity: 2,
  cooldown: 0,
  lastMoment: 0,
  tries: 2,
  guesses: [1, 2, wrong],
  factors: [1, 1, 1],
  challengerFactor: 1,
  again: false,
  late: false,
  limited: [],
  meanwhile: [],
}
const two: World = { ...whole, tries: 1, lastMoment: 1, maxFailures: 2, factors: [1, 1] }

/**
 * Each with something else that can happen; all at once would be more states than there is time
 * for.
 */
const worlds: Record<string, World> = {
  'verifiers, a challenger and retries of the SDK': isLong
    ? whole
    : { ...whole, guesses: [1, wrong], factors: [1, 1] },
  'three wrong verifiers and the lock between them': {
    ...whole,
    tries: 1,
    lastMoment: 1,
    guesses: [wrong, wrong, wrong],
  },
  'two deployments with different factors': {
    ...two,
    guesses: [2, wrong],
    factors: [1, 2],
    challengerFactor: 2,
  },
  'a token that expires, a cooldown and a challenge that comes late': {
    ...two,
    guesses: [1, 2],
    validity: 1,
    cooldown: 1,
    late: true,
  },
  'a device that its first failure disables': { ...two, guesses: [wrong, wrong], maxFailures: 1 },
  'a longest lock': {
    ...two,
    guesses: [wrong, wrong],
    maxFailures: 3,
    lastMoment: 2,
    longestLock: 1,
  },
  'clients that ask again and a challenge that comes late': {
    ...two,
    guesses: [1, wrong],
    lastMoment: isLong ? 1 : 0,
    late: true,
    again: true,
  },
}

/** Where a token takes two wrong guesses; without a throttle, so that all can come at once. */
const bounded: World = {
  ...whole,
  tokenGuesses: 2,
  maxFailures: 9,
  tries: 1,
  guesses: [wrong, wrong, wrong],
  factors: [0, 0, 0],
  challengerFactor: 0,
}

/** The same where guesses are bounded, and where they name their challenge. */
const boundedWorlds: Record<string, World> = {
  'a bounded token, three wrong verifiers and a challenger': bounded,
  'a bounded token, a right verifier and a challenger': { ...bounded, guesses: [1, wrong, wrong] },
  'a bounded token, retries of the SDK and a new number': {
    ...bounded,
    tries: 2,
    guesses: [1, wrong],
    factors: [0, 0],
    meanwhile: ['new number'],
  },
  'a bounded token that is sent again': { ...bounded, meanwhile: ['resend'] },
  'verifiers that name their challenges, a challenger and a resend': {
    ...bounded,
    tokenGuesses: null,
    guesses: [1, 2, wrong],
    named: [1, 2, 1],
    meanwhile: ['resend'],
  },
}

const one: World = { ...whole, limited: ['second'], guesses: [1], factors: [1] }

/** The same where sends are limited; the smallest last, in which a search starts. */
const limitedWorlds: Record<string, World> = {
  'limits, two challengers and a new number': {
    ...one,
    tries: isLong ? 2 : 1,
    limited: ['second', 'third'],
    meanwhile: ['new number'],
  },
  'limits, and a client that asks again': {
    ...one,
    tries: isLong ? 2 : 1,
    limited: ['second', 'second'],
  },
  'limits, a token that expires and a challenge that comes late': {
    ...one,
    validity: 1,
    lastMoment: 1,
    late: true,
  },
  'limits, two challengers and a cooldown': {
    ...one,
    tries: 1,
    cooldown: 1,
    lastMoment: 1,
    limited: ['second', 'third'],
  },
  'limits that refuse or allow, and retries of the SDK': { ...one, meanwhile: ['new number'] },
  'limits and a resend': { ...one, meanwhile: ['resend'] },
}
const all = { ...worlds, ...boundedWorlds, ...limitedWorlds }

function search(
  change: Partial<World>,
  among: Record<string, World> = worlds,
): Explored['counterexample'] {
  for (const world of Object.values(among).toReversed()) {
    const { counterexample } = explore(protocolIn({ ...world, ...change }))
    if (counterexample !== null) return counterexample
  }
  return null
}

describe('in every state', () => {
  it.each(Object.keys(all))(
    'the protocol holds with %s',
    name => {
      const { states, counterexample } = explore(protocolIn(all[name]!))

      const violations = counterexample === null ? 0 : 1
      figure({
        claim: `the protocol holds in every state with ${name}`,
        trials: states,
        violations,
      })
      expect(counterexample).toBeNull()
    },
    propertyMs,
  )
})

/** What comes to pass first when a clause is not there. */
const lost: Record<Clause, string> = {
  'attempt notDisabled': 'a disabled device is verified',
  'attempt notUsedUp': 'a token takes a guess too many',
  'attempt hasToken': 'a guess is counted that no SMS was sent for',
  'attempt sameChallenge': 'a guess of another challenge is compared',
  'attempt factorUnchanged': 'a second evaluation in one lock window',
  'attempt notLocked': 'a second evaluation in one lock window',
  'attempt notLockedOrLockedLongest': 'a second evaluation in one lock window',
  'attempt notAppliedBefore': 'an attempt is evaluated twice',
  'attempt notExpired': 'an expired token is accepted',
  'attempt tokenFactorUnchanged': 'the lock is not of its factor',
  'challenge notDisabled': 'a disabled device is challenged',
  'challenge cooledDown': 'a second challenge in one cooldown',
  'challenge newRequest': 'a replaced token is accepted',
  'challenge newKey': 'a second SMS for one key',
  'start noLiveToken': 'a refused challenge takes a live token away',
  'start sameNumber': 'a refused challenge takes a live token away',
  'finish sameRequest': 'a refused challenge takes a live token away',
  'finish stillPending': 'a challenge of before a new number is remembered',
}

const careless: Record<Care, string> = {
  'a rollback leaves its own name': 'a rolled back challenge comes back',
  'the number started for is the counted one': 'something is sent that was not counted',
  'a new number clears the last use': 'a number is established by the one before',
}

function worldsOf(clause: Clause): Record<string, World> {
  if (/ (notUsedUp|hasToken|sameChallenge)$/.test(clause)) return boundedWorlds
  return /^(start|finish) /.test(clause) ? limitedWorlds : worlds
}

function show(what: string, found: Explored['counterexample']): void {
  console.log([`${what}: ${found?.broken}`, ...(found?.steps ?? [])].join('\n  '))
}

describe('the protocol breaks', () => {
  it.each(Object.keys(lost) as Clause[])(
    'without the clause %s',
    without => {
      const found = search({ without }, worldsOf(without))

      show(`without ${without}`, found)
      expect(found?.broken).toBe(lost[without])
    },
    propertyMs,
  )

  it.each(Object.keys(careless) as Care[])(
    'unless %s',
    without => {
      const found = search({ without }, limitedWorlds)

      show(`unless ${without}`, found)
      expect(found?.broken).toBe(careless[without])
    },
    propertyMs,
  )

  it('without the register of attempts', () => {
    const found = search({ register: 0 })

    show('without the register', found)
    expect(found?.broken).toBe('an attempt is evaluated twice')
  })
})

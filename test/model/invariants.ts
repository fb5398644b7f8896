// What no race may break, by the writes in the order in which the engine applied them.
import { isDeepStrictEqual } from 'node:util'
import { lastUsedAt } from '../../lib/device/device.ts'
import { noon } from '../support/devices.ts'
import type { Race, Racer } from './race.ts'

/** The claims that a race has broken. */
export function broken(race: Race): string[] {
  return Object.entries(claims).flatMap(([claim, holds]) => (holds(race) ? [] : [claim]))
}

/** A write by which an attempt came into the item. */
interface Evaluation {
  racer: number
  attempt: string
  guess: number | 'wrong'
  accepted: boolean
  failuresBefore: number
  /** Among all writes. */
  place: number
}

function evaluations({ racers, writes, before, attempts }: Race): Evaluation[] {
  let last = before
  return writes.flatMap(({ racer, item }, place) => {
    if (item === null) return []
    const by = racers[racer]!
    // Maps come in any order.
    const isNew = !isDeepStrictEqual(item.attempts, last.attempts)
    const { failures: failuresBefore } = last
    last = item
    if (by.does !== 'verify' || !isNew) return []
    const { ok1: accepted } = item.attempts
    return [{ racer, attempt: attempts[racer]!, guess: by.guess, accepted, failuresBefore, place }]
  })
}

const distinct = (values: unknown[]) => new Set(values).size

/** The place of the first write that a racer made; −1 when it made none. */
const firstWrite = ({ writes }: Race, racer: number) =>
  writes.findIndex(write => write.racer === racer)

/**
 * Where tokens were accepted, and where their challenges had been started; −1 is before the race.
 */
function acceptances(race: Race): { made: number; place: number }[] {
  return evaluations(race)
    .filter(({ accepted }) => accepted)
    .map(({ guess, place }) => {
      const challenger = guess === 0 ? undefined : race.challengers[Number(guess) - 1]
      return { made: challenger === undefined ? -1 : firstWrite(race, challenger), place }
    })
}

/** Whether a challenge was started between two places. */
function challengedBetween(race: Race, { made, place }: { made: number; place: number }) {
  return race.racers.some((racer, n) => {
    const at = firstWrite(race, n)
    return racer.does === 'challenge' && at > made && at < place
  })
}

/**
 * Whether the device had another number between two places; a patch to the number that it has is
 * none.
 */
function changedBetween(
  { writes, before }: Race,
  { made, place }: { made: number; place: number },
) {
  return writes.some(({ item }, at) => {
    const last = writes[at - 1]?.item ?? before
    return at > made && at < place && item !== null && item.number !== last.number
  })
}

/** The evaluations of the attempts with this answer; undefined where one was never evaluated. */
function attemptsAnswered(race: Race, answer: 'accepted' | 'rejected') {
  const all = evaluations(race)
  return race.racers.flatMap((racer, n) =>
    racer.does === 'verify' && race.answers[n] === answer
      ? [all.find(({ attempt }) => attempt === race.attempts[n])]
      : [],
  )
}

const claims: Record<string, (race: Race) => boolean> = {
  'at most one acceptance per token': race => {
    const guesses = evaluations(race).flatMap(one => (one.accepted ? [one.guess] : []))
    return distinct(guesses) === guesses.length
  },

  'an attempt is evaluated at most once': race => {
    const attempts = evaluations(race).map(({ attempt }) => attempt)
    return distinct(attempts) === attempts.length
  },

  'at most one evaluation per lock window': race => {
    let failedAt = 0
    return evaluations(race).every(({ racer, accepted, failuresBefore }) => {
      const by = race.racers[racer]!
      if (by.does !== 'verify') return false
      const lockMs = failuresBefore === 0 ? 0 : by.factor * 1000 * 2 ** (failuresBefore - 1)
      const isAllowed = lockMs === 0 || by.afterMs >= failedAt + lockMs
      if (!accepted) failedAt = by.afterMs
      return isAllowed
    })
  },

  'failures are the wrong attempts since the last acceptance': race => {
    if (race.after === null || race.racers.some(({ does }) => does === 'reset')) return true
    const all = evaluations(race)
    const since = all.slice(all.findLastIndex(({ accepted }) => accepted) + 1)
    return race.after.failures === since.length
  },

  'an attempt that is answered as accepted was accepted': race =>
    attemptsAnswered(race, 'accepted').every(evaluation => evaluation?.accepted === true),

  'an attempt that is answered as rejected was rejected': race => {
    // A new number, and the use of another token, end what a retry is answered.
    const isForgotten =
      race.racers.some(({ does }) => does === 'patch') || acceptances(race).length > 1
    return attemptsAnswered(race, 'rejected').every(
      evaluation => evaluation?.accepted === false || isForgotten,
    )
  },

  'a token that a later challenge has replaced is not accepted': race =>
    acceptances(race).every(use => !challengedBetween(race, use)),

  'a token of before a new number is not accepted after it': race =>
    acceptances(race).every(use => !changedBetween(race, use)),

  'a new number has no last use': race =>
    race.writes.every(({ item }, place) => {
      const last = race.writes[place - 1]?.item ?? race.before
      return item === null || item.number === last.number || lastUsedAt(item) === 0
    }),

  'one SMS per challenge': race =>
    distinct(race.sms.map(({ racer }) => racer)) === race.sms.length &&
    (race.racers.some(({ does }) => does === 'patch') ||
      distinct(race.sms.flatMap(({ key }) => key ?? [])) ===
        race.sms.filter(({ key }) => key !== null).length ||
      keysComeBetween(race)),

  'no more SMS than the limit has room for': ({ racers, room, sms }) =>
    sms.filter(({ racer }) => isCounted(racers[racer])).length <= room,

  'a live token ends by no challenge that its limit refuses': race =>
    race.writes.every(({ racer, item }, place) => {
      if (item === null || race.answers[racer] !== 'limited') return true
      const last = race.writes[place - 1]?.item ?? race.before
      const isStarted = item.challenge.requestName !== last.challenge.requestName
      const now = noon + race.racers[racer]!.afterMs
      return !isStarted || Object.values(last.pending).every(({ validUntil }) => validUntil <= now)
    }),

  'nothing is written to a device after it was deleted': race => {
    const deletion = race.writes.findIndex(({ item }) => item === null)
    return deletion < 0 || race.writes.slice(deletion).every(({ item }) => item === null)
  },

  'a deleted device does not reappear': race =>
    race.after === null || race.writes.every(({ item }) => item !== null),

  'no request ends with an error': race =>
    race.answers.every(answer => answer === null || !/Error|Exception/.test(answer)),
}

/** What Twilio did not take is refunded. */
function isCounted(racer: Racer | undefined): boolean {
  return racer?.does === 'challenge' && racer.limited && racer.end !== 'refused'
}

/**
 * Only the last challenge's key is remembered: one with another key between two of the same frees
 * it.
 */
function keysComeBetween({ racers }: Race): boolean {
  const keys = racers.flatMap(racer => (racer.does === 'challenge' ? [racer.key] : []))
  return distinct(keys) > 1
}

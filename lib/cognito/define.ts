// Which challenge of a sign-in comes next. The server fixes the whole sequence: a pool that took
// both sequences would take a client's word that no password is needed. A pure rule.
import type { CognitoSettings } from '../settings/cognito.ts'
import { asksAgain, type ClientMetadata, readRound, type Session } from './session.ts'

/** A sign-in so far. */
export interface SignIn {
  session: Session
  /** Of the last answer. */
  clientMetadata: ClientMetadata
  userNotFound: boolean
}

/** What comes next. */
export type NextStep =
  | { challenge: 'PASSWORD_VERIFIER' | 'CUSTOM_CHALLENGE' }
  | { challenge: null; outcome: 'tokens' | 'refused' }

const refused: NextStep = { challenge: null, outcome: 'refused' }
const custom: NextStep = { challenge: 'CUSTOM_CHALLENGE' }

/** How a sign-in by password begins: both have to be passed, in this order. */
const passwordFirst = ['SRP_A', 'PASSWORD_VERIFIER'] as const

/** Returns what comes next. Whatever is not exactly the flow of the settings is refused. */
export function nextStep(
  signIn: SignIn,
  settings: Pick<CognitoSettings, 'flow' | 'tries' | 'rounds'>,
): NextStep {
  const { session } = signIn
  const first = settings.flow === 'sms' ? [] : passwordFirst
  const begun = session.slice(0, first.length)
  if (!begun.every((one, n) => one.challengeName === first[n] && one.challengeResult))
    return refused
  if (begun.length < first.length) {
    return begun.length === 1 ? { challenge: 'PASSWORD_VERIFIER' } : refused
  }
  const rounds = session.slice(first.length)
  if (!rounds.every(({ challengeName }) => challengeName === 'CUSTOM_CHALLENGE')) return refused
  return afterRounds(rounds, signIn, settings)
}

function afterRounds(
  rounds: Session,
  { clientMetadata, userNotFound }: SignIn,
  settings: Pick<CognitoSettings, 'tries' | 'rounds'>,
): NextStep {
  const last = rounds.at(-1)
  if (last === undefined) return custom
  const attempts = attemptsOf(rounds, clientMetadata)
  const asks = asksAgain(clientMetadata)
  const isOver = rounds.length > settings.rounds || attempts - (asks ? 0 : 1) >= settings.tries
  if (isOver || rounds.slice(0, -1).some(({ challengeResult }) => challengeResult)) return refused
  if (last.challengeResult) {
    return userNotFound || asks ? refused : { challenge: null, outcome: 'tokens' }
  }
  const isFull = rounds.length >= settings.rounds || attempts >= settings.tries
  return isFull ? refused : custom
}

/**
 * Counts the answers that were attempts. What kind an answer was is kept with the challenge after
 * it, and of the last one the client has just said it.
 */
export function attemptsOf(rounds: Session, clientMetadata: ClientMetadata): number {
  const attempts = rounds.filter((_, n) => {
    const next = rounds[n + 1]
    return next === undefined ? !asksAgain(clientMetadata) : !readRound(next).isResend
  })
  return attempts.length
}

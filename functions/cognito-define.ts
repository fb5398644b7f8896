// Cognito's trigger DefineAuthChallenge: which challenge of a sign-in comes next. It asks nobody.
import type { DefineAuthChallengeTriggerEvent } from 'aws-lambda'
import { type NextStep, nextStep } from '../lib/cognito/define.ts'
import { describeError, logger } from '../lib/log.ts'
import { Problem } from '../lib/problem.ts'
import { cognitoSettings } from '../lib/settings/cognito.ts'

export async function handler(
  event: DefineAuthChallengeTriggerEvent,
): Promise<DefineAuthChallengeTriggerEvent> {
  const { challenge, ...end } = stepOf(event)
  const response =
    challenge === null
      ? { issueTokens: end.outcome === 'tokens', failAuthentication: end.outcome !== 'tokens' }
      : { challengeName: challenge, issueTokens: false, failAuthentication: false }
  logger.info('cognito-define', { outcome: challenge ?? end.outcome })
  return { ...event, response }
}

/** Without valid settings nobody signs in. What is thrown would be shown to the user. */
function stepOf({ request }: DefineAuthChallengeTriggerEvent): NextStep & { outcome?: string } {
  const { session, clientMetadata, userNotFound = false } = request
  try {
    return nextStep({ session: session ?? [], clientMetadata, userNotFound }, cognitoSettings())
  } catch (error) {
    const detail = error instanceof Problem ? error.message : undefined
    logger.error('cognito-define', { detail, error: describeError(error) })
    return { challenge: null, outcome: 'refused' }
  }
}

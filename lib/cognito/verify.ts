// Decides an answer. Everything but a right token is false, and nothing is thrown.
import type { VerifyAuthChallengeResponseTriggerEvent } from 'aws-lambda'
import type { Store } from '../dynamodb/client.ts'
import { countOutcome } from '../log.ts'
import { requestName } from '../request-name.ts'
import { cognitoSettings } from '../settings/cognito.ts'
import { proofSettings } from '../settings/proof.ts'
import { tokenKey } from '../settings/secrets.ts'
import { throttleSettings } from '../settings/throttle.ts'
import { digestToken } from '../token/digest.ts'
import { typedToken } from '../typed.ts'
import { verifyGuess } from '../verification/store.ts'
import { asksAgain } from './session.ts'
import type { Answered, Ground } from './trigger.ts'

type VerifyEvent = VerifyAuthChallengeResponseTriggerEvent

/** The longest answer that is looked at, as of the API's tokens. */
const longestAnswer = 64

/** Answers a call of verify. */
export async function verifyAnswer(
  store: Store,
  event: VerifyEvent,
  ground: Ground,
): Promise<Answered<VerifyEvent['response']>> {
  const outcome = await ground.settle<string>(
    () => attempt(store, event, ground),
    code => code,
  )
  const answerCorrect = outcome === 'accepted'
  if (!answerCorrect && !asksAgain(event.request.clientMetadata)) {
    // How long a wrong answer takes must not tell whether there is such a user.
    const floorMs = await ground.settle(
      async () => {
        const settings = cognitoSettings()
        return settings.flow === 'sms' ? settings.floorMs : 0
      },
      () => 0,
    )
    await ground.notBefore(floorMs)
  }
  const { deviceId } = event.request.privateChallengeParameters ?? {}
  return { outcome, deviceId, response: { answerCorrect } }
}

async function attempt(
  store: Store,
  { request }: VerifyEvent,
  { secrets, now, signal }: Ground,
): Promise<string> {
  const { nonce, challengeId = '', userId, deviceId } = request.privateChallengeParameters ?? {}
  if (asksAgain(request.clientMetadata)) return 'resend'
  if (request.userNotFound || !nonce || !userId || !deviceId) return 'no_device'
  const typed = String(request.challengeAnswer ?? '')
  if (typed.length > longestAnswer) return 'too_long'
  const key = { userId, deviceId }
  const guess = digestToken(tokenKey(await secrets.load()), { ...key, token: typedToken(typed) })
  const context = { store, key, throttle: throttleSettings(), signal }
  const { outcome } = await verifyGuess(
    { ...context, isProved: proofSettings() !== null },
    {
      guess,
      // The same for every call of one answer, and another in another sign-in.
      attempt: requestName(`${nonce} ${challengeId}`, guess),
      challengeId: challengeId === '' ? null : challengeId,
      now,
    },
  )
  countOutcome('verify', apiCode[outcome])
  return outcome
}

/** What the API calls it: its alarms on guessing see these guesses too. */
const apiCode = {
  accepted: 'ok',
  rejected: 'invalid_token',
  locked: 'throttled',
  disabled: 'device_disabled',
  used_up: 'token_used_up',
  no_token: 'no_token',
  replaced: 'challenge_replaced',
  not_found: 'device_not_found',
} as const

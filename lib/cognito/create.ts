// Makes the challenge of a round: it sends the first token and what is asked for again, and
// nothing else.
import { randomBytes } from 'node:crypto'
import type { CreateAuthChallengeTriggerEvent } from 'aws-lambda'
import type { Store } from '../dynamodb/client.ts'
import { countOutcome } from '../log.ts'
import { enabledChannels } from '../settings/channels.ts'
import { cognitoSettings } from '../settings/cognito.ts'
import { indexKey } from '../settings/secrets.ts'
import { tokenSettings } from '../settings/token.ts'
import { attemptsOf } from './define.ts'
import { deviceKey } from './device.ts'
import { readSent, type Sent, sendToken, signInSettings } from './send.ts'
import { asksAgain, poolUser, readRound, requestedDelivery, writeRound } from './session.ts'
import type { Answered, Ground } from './trigger.ts'
import { anonymousView, type Shown, stateView } from './view.ts'

type CreateEvent = CreateAuthChallengeTriggerEvent

/** 128 bits: by it an answer belongs to its own sign-in. */
const nonceBytes = 16

/** Answers a call of create. */
export async function createRound(
  store: Store,
  event: CreateEvent,
  ground: Ground,
): Promise<Answered<CreateEvent['response']>> {
  const { userPoolId, request } = event
  const { now, signal, secrets } = ground
  const rounds = (request.session ?? []).filter(one => one.challengeName === 'CUSTOM_CHALLENGE')
  const last = rounds.at(-1)
  const isResend = asksAgain(request.clientMetadata)
  const isSending = last === undefined || isResend
  const user = poolUser(request)
  const before = last === undefined ? '' : readRound(last).challengeId
  const context = { store, secrets, userPoolId, now, signal }
  const flow = await ground.settle(
    async () => cognitoSettings(),
    () => null,
  )

  const sent = await ground.settle<Sent>(
    async () => {
      if (flow === null) return { state: 'not_configured', device: null, challengeId: '' }
      if (user === null) return { state: 'no_verified_number', device: null, challengeId: before }
      if (isSending) {
        const { clientMetadata, userAttributes } = request
        const requested = requestedDelivery(clientMetadata, userAttributes, enabledChannels())
        return sendToken(context, user, { ...requested, isResend })
      }
      // Who may only have typed a name is shown nothing of the state, so it is not read.
      if (flow.flow === 'sms') return { state: 'pending', device: null, challengeId: before }
      return readSent(context, user, before)
    },
    state => ({ state, device: null, challengeId: before }),
  )
  const shown = await ground.settle<Shown>(
    async () => {
      if (flow === null || flow.flow === 'sms') {
        return anonymousView(indexKey(await secrets.load()), event, { token: tokenSettings() })
      }
      const attempts = attemptsOf(rounds, request.clientMetadata)
      return stateView(sent, signInSettings(), { attemptsLeft: flow.tries - attempts, now })
    },
    () => ({}),
  )
  if (flow?.flow === 'sms' && isSending) await ground.notBefore(flow.floorMs)
  if (isSending) countOutcome('challenge', sent.state)
  const { challengeId } = sent
  return {
    outcome: sent.state,
    deviceId: sent.device?.deviceId,
    response: {
      publicChallengeParameters: shown,
      privateChallengeParameters: {
        nonce: randomBytes(nonceBytes).toString('base64url'),
        challengeId,
        ...(user !== null && deviceKey(userPoolId, user.userId)),
      },
      challengeMetadata: writeRound({ isResend: last !== undefined && isResend, challengeId }),
    },
  }
}

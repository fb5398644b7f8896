// POST /users/{userId}/devices/{deviceId}/challenge: makes a token and delivers it. It costs one
// write, one more for each counter of the limits, and one message.
import { actorOf } from '../lib/api/api-key.ts'
import { answerChallenge } from '../lib/api/challenge-answer.ts'
import { endpoint } from '../lib/api/endpoint.ts'
import * as operation from '../lib/api/operations.ts'
import { payloadName } from '../lib/api/payload.ts'
import { challengeDevice } from '../lib/challenge/challenge.ts'
import { challengeSetup } from '../lib/challenge/setup.ts'
import { warnOfLongMessages } from '../lib/delivery/deliver.ts'
import { openConnection } from '../lib/device/write.ts'
import { connectStore } from '../lib/dynamodb/client.ts'
import { keepChallenge } from '../lib/timeline/keep.ts'
import { drawToken } from '../lib/token/token.ts'

const store = connectStore()
warnOfLongMessages()

export const handler = endpoint(
  operation.challenge,
  async ({ userId, deviceId, body, idempotencyKey, principal, now, signal, secrets }) => {
    const key = { userId, deviceId }
    const { channel = null, resend, locale = null, clientIp = null } = body
    const setup = await challengeSetup({ channel, locale }, secrets)
    const { tokenKey, settings } = setup
    const challenge = {
      drawn: resend ? null : await drawToken(tokenKey, key, settings, now),
      idempotencyKey,
      payload: payloadName(setup.indexKey, [channel, resend, locale]),
      actor: actorOf(principal),
      clientIp,
      now,
    }
    const challenged = await challengeDevice({ ...setup, store, key, signal }, challenge)
    await keepChallenge(store, key, challenged, challenge)
    return answerChallenge(challenged, { ...setup, now })
  },
  { prepare: signal => openConnection(store, signal) },
)

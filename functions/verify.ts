// POST /users/{userId}/devices/{deviceId}/verify: presents a token. One write decides; after it, a
// wrong guess is counted for its client address.
import {
  challengeIdMissing,
  challengeReplaced,
  deviceDisabled,
  deviceNotFound,
  invalidToken,
  noToken,
  throttled,
  tokenUsedUp,
} from '../lib/api/device-problems.ts'
import { endpoint } from '../lib/api/endpoint.ts'
import * as operation from '../lib/api/operations.ts'
import { boundToProof, proofRequest } from '../lib/api/proof-request.ts'
import { json } from '../lib/api/response.ts'
import { deviceView } from '../lib/device/view.ts'
import { openConnection } from '../lib/device/write.ts'
import { connectStore } from '../lib/dynamodb/client.ts'
import { countGuess } from '../lib/limits/guess.ts'
import { prover } from '../lib/proof/proof.ts'
import { requestName } from '../lib/request-name.ts'
import { deviceSettings } from '../lib/settings/device.ts'
import { clientLimitSettings } from '../lib/settings/limits.ts'
import { proofSettings } from '../lib/settings/proof.ts'
import { indexKey, tokenKey } from '../lib/settings/secrets.ts'
import { requiresChallengeId } from '../lib/settings/throttle.ts'
import { digestToken } from '../lib/token/digest.ts'
import { verifyGuess } from '../lib/verification/store.ts'

const store = connectStore()

export const handler = endpoint(
  operation.verify,
  async ({ userId, deviceId, body, idempotencyKey, principal, now, signal, secrets }) => {
    const settings = deviceSettings()
    const { throttle } = settings
    const limits = clientLimitSettings()
    const { token, challengeId = null, clientIp = null } = body
    if (challengeId === null && requiresChallengeId()) throw challengeIdMissing()
    const proofs = proofSettings()
    const asked = proofRequest(principal, body, proofs)
    const key = { userId, deviceId }
    const loaded = await secrets.load()
    const prove = asked && proofs && prover(asked, proofs, loaded)
    const guess = digestToken(tokenKey(loaded), { ...key, token })
    const name = requestName(idempotencyKey, guess + boundToProof(asked))
    const attempt = { guess, attempt: name, challengeId, now }
    const context = { store, key, throttle, isProved: proofs !== null, signal }
    const result = await verifyGuess(context, attempt)
    switch (result.outcome) {
      case 'accepted':
        return json(200, {
          verified: true,
          device: deviceView(result.device, settings, now),
          ...prove?.(result.device, name),
        })
      case 'rejected':
        if (clientIp !== null) {
          const named = { indexKey: indexKey(loaded), limits }
          await countGuess(store, named, { clientIp, attempt: attempt.attempt, now })
        }
        throw invalidToken(result.device, throttle, now)
      case 'locked':
        throw throttled(result.device, throttle, now)
      case 'disabled':
        throw deviceDisabled(result.device)
      case 'used_up':
        throw tokenUsedUp()
      case 'no_token':
        throw noToken()
      case 'replaced':
        throw challengeReplaced()
      case 'not_found':
        throw deviceNotFound()
    }
  },
  { prepare: signal => openConnection(store, signal) },
)

// Cognito's trigger VerifyAuthChallengeResponse: one write decides, as in verify.ts. Each call of
// one answer is one attempt.
import type { VerifyAuthChallengeResponseTriggerEvent } from 'aws-lambda'
import { trigger } from '../lib/cognito/trigger.ts'
import { verifyAnswer } from '../lib/cognito/verify.ts'
import { openConnection } from '../lib/device/write.ts'
import { connectStore } from '../lib/dynamodb/client.ts'

const store = connectStore()

export const handler = trigger<VerifyAuthChallengeResponseTriggerEvent>(
  'cognito-verify',
  (event, ground) => verifyAnswer(store, event, ground),
  signal => openConnection(store, signal),
)

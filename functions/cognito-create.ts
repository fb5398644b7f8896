// Cognito's trigger CreateAuthChallenge: sends the token of a sign-in, once however often it is
// called, and says what the client may see of it.
import type { CreateAuthChallengeTriggerEvent } from 'aws-lambda'
import { createRound } from '../lib/cognito/create.ts'
import { trigger } from '../lib/cognito/trigger.ts'
import { warnOfLongMessages } from '../lib/delivery/deliver.ts'
import { openConnection } from '../lib/device/write.ts'
import { connectStore } from '../lib/dynamodb/client.ts'

const store = connectStore()
warnOfLongMessages()

export const handler = trigger<CreateAuthChallengeTriggerEvent>(
  'cognito-create',
  (event, ground) => createRound(store, event, ground),
  signal => openConnection(store, signal),
)

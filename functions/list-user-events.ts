// GET /users/{userId}/events: a page of what happened to all devices of a user, newest first.
import { endpoint } from '../lib/api/endpoint.ts'
import { answerEvents } from '../lib/api/events-page.ts'
import * as operation from '../lib/api/operations.ts'
import { connectStore } from '../lib/dynamodb/client.ts'

const store = connectStore()

export const handler = endpoint(operation.listUserEvents, request =>
  answerEvents(store, operation.listUserEvents.name, request),
)

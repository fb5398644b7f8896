// GET /users/{userId}/devices/{deviceId}/events: a page of what happened to a device, newest first.
import { endpoint } from '../lib/api/endpoint.ts'
import { answerEvents } from '../lib/api/events-page.ts'
import * as operation from '../lib/api/operations.ts'
import { connectStore } from '../lib/dynamodb/client.ts'

const store = connectStore()

export const handler = endpoint(operation.listDeviceEvents, request =>
  answerEvents(store, operation.listDeviceEvents.name, request),
)

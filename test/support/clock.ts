// A clock for each request: what the handlers take for now is what the test says, while the SDK
// goes on to sign with the real time, because it would correct a clock that is wrong, and try
// again.
import { AsyncLocalStorage } from 'node:async_hooks'
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'

const moments = new AsyncLocalStorage<number | null>()
const { now } = Date
Date.now = () => moments.getStore() ?? now()

const client = DynamoDBDocumentClient.prototype as unknown as {
  send: (...args: unknown[]) => Promise<unknown>
}
const { send } = client
client.send = function (...args) {
  return moments.run(null, () => send.apply(this, args))
}

/** Does the work at this moment, milliseconds since the epoch. */
export function at<T>(moment: number, work: () => T): T {
  return moments.run(moment, work)
}

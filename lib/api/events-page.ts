// A page of what happened: of a device, or of all devices of a user. Both routes answer alike.
import type { Store } from '../dynamodb/client.ts'
import { indexKey } from '../settings/secrets.ts'
import { readTimeline } from '../timeline/store.ts'
import { timelineView } from '../timeline/view.ts'
import { readCursor, writeCursor } from './cursor.ts'
import type { ApiRequest } from './request.ts'
import { type ApiResponse, json } from './response.ts'

/** Answers a page of events, newest first. */
export async function answerEvents(
  store: Store,
  operation: string,
  request: ApiRequest<unknown, { cursor?: string | undefined; limit: number }>,
): Promise<ApiResponse> {
  const { userId, deviceId, query, principal: caller, now, signal, secrets } = request
  const scope = {
    ...{ indexKey: indexKey(await secrets.load()), caller, now },
    ...{ operation, filter: `${deviceId} ${userId}` },
  }
  const start = query.cursor === undefined ? null : readCursor(query.cursor, scope)
  const page = { userId, deviceId: deviceId || null, limit: query.limit, start }
  const { items, next } = await readTimeline(store, page, signal)
  return json(200, {
    events: items.map(timelineView),
    cursor: next && writeCursor(next, scope),
  })
}

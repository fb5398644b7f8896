// Keeping what Twilio tells of a delivery: one conditional write, which may be repeated.

import { recordExpression } from '../challenge/finish-expressions.ts'
import type { DeliveryUpdate } from '../device/delivery-record.ts'
import { toDeliveryRecord } from '../device/delivery-record.ts'
import type { DeviceKey } from '../device/device.ts'
import type { Store } from '../dynamodb/client.ts'
import { updateDevice } from '../dynamodb/write.ts'

/** Keeps a word on the delivery of a challenge; one of another challenge, and one that comes late, changes nothing. */
export async function recordDelivery(
  store: Store,
  { challengeId, ...key }: DeviceKey & { challengeId: string },
  news: DeliveryUpdate,
  now: number,
  signal: AbortSignal,
): Promise<void> {
  const expression = recordExpression(challengeId, toDeliveryRecord(news, now))
  await updateDevice(store.retrying, store.devicesTable, key, expression, signal)
}

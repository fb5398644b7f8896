// Keeps what Twilio reports of a delivery: one conditional write, which may be repeated.
import { type DeliveryUpdate, toDeliveryRecord } from '../device/delivery-record.ts'
import { type DeviceContext, updateDevice } from '../device/write.ts'
import { recordExpression } from './expressions.ts'

/**
 * Keeps an update of a challenge's delivery. A late update, and one of another
 * challenge, changes nothing.
 */
export async function recordDelivery(
  context: DeviceContext,
  challengeId: string,
  update: DeliveryUpdate,
  now: number,
): Promise<void> {
  await updateDevice(context, recordExpression(challengeId, toDeliveryRecord(update, now)))
}

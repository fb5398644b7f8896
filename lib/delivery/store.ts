// Keeps what Twilio reports of a delivery: one conditional write, which may be repeated.
import { type DeliveryUpdate, toDeliveryRecord } from '../device/delivery-record.ts'
import { type DeviceContext, updateDevice } from '../device/write.ts'
import { recordExpression } from './expressions.ts'

/**
 * Keeps an update of a challenge's delivery, and returns whether it changed anything: a late one,
 * and one of another challenge, does not.
 */
export async function recordDelivery(
  context: DeviceContext,
  challengeId: string,
  update: DeliveryUpdate,
  now: number,
): Promise<boolean> {
  const expression = recordExpression(challengeId, toDeliveryRecord(update, now))
  return 'applied' in (await updateDevice(context, expression))
}

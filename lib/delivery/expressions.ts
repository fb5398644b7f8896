// A word on a message's way, as a part of other writes.
import type { ToldDelivery } from '../device/delivery-record.ts'

/** The names of its parts. */
export const toldNames = ['challenge.told', 'challenge.why', 'challenge.toldAt']

/** What sets them. */
export const toldSets = 'challenge.told = :told, challenge.why = :why, challenge.toldAt = :toldAt'

/** And to what. */
export function toldValues({ told, why, toldAt }: Required<ToldDelivery>) {
  return { ':told': told, ':why': why, ':toldAt': toldAt }
}

// How many segments a text message takes (GSM 03.38, 3GPP TS 23.040). Carriers charge each, and a
// message in parts can arrive in parts. A pure rule.

const basic = new Set(
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§' +
    '¿abcdefghijklmnopqrstuvwxyzäöñüà',
)
/** Each of these takes two septets. */
const extended = new Set('\f^{}\\[~]|€')

/** Counts the segments of a message. */
export function countSegments(message: string): number {
  const characters = [...message]
  const isGsm = characters.every(character => basic.has(character) || extended.has(character))
  if (!isGsm) return segments(message.length, { alone: 70, each: 67 })
  const septets = characters.reduce((sum, character) => sum + (extended.has(character) ? 2 : 1), 0)
  return segments(septets, { alone: 160, each: 153 })
}

function segments(length: number, { alone, each }: { alone: number; each: number }): number {
  return length <= alone ? 1 : Math.ceil(length / each)
}

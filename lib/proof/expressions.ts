// What a verification keeps for its proof, in its one write: by what the token came that was used
// last, and, of each of the last four attempts, whether the device was confirmed before it.
import type { DeviceItem } from '../device/device.ts'

/**
 * The sets of an attempt. `wrong` is the branch of a wrong guess; a subtraction gives the opposite
 * one, as for the time of use.
 */
export function proofSets(wrong: (value: string) => string): string[] {
  const orNew = (attribute: string, value: string) => `if_not_exists(${attribute}, ${value})`
  const via = orNew('challenge.via', ':zero')
  return [
    `viaNow = ${via} - ${wrong(via)}`,
    `viaOld = ${wrong(orNew('viaNow', ':zero'))} + ${wrong(orNew('viaOld', ':zero'))}`,
    `attempts.was4 = ${orNew('attempts.was3', ':no')}`,
    `attempts.was3 = ${orNew('attempts.was2', ':no')}`,
    `attempts.was2 = ${orNew('attempts.was1', ':no')}`,
    `attempts.was1 = ${orNew('confirmed', ':no')}`,
  ]
}

/** What an item shows of the use of a token. */
export interface TokenUse {
  /** See via.ts. */
  via: number
  /** Whether the use confirmed the device. */
  enrolled: boolean
}

/** Reads the use by an attempt, which was accepted. What is not known makes the weaker claim. */
export function useOf(item: DeviceItem, attempt: string): TokenUse {
  const { attempts, viaNow = 0, viaOld = 0 } = item
  const slots = [
    [attempts.id1, attempts.was1],
    [attempts.id2, attempts.was2],
    [attempts.id3, attempts.was3],
    [attempts.id4, attempts.was4],
  ] as const
  const was = slots.find(([id]) => id === attempt)?.[1]
  return { via: viaNow + viaOld, enrolled: was !== true }
}

// The subjects whose counters an admin asks for.
import { parseNumber } from '../device/number.ts'
import { clientNetwork, type Subjects } from './subject.ts'

/** Returns the subjects that a query names. Throws `invalid_number`. */
export function queriedSubjects(
  query: { number?: string; userId?: string; clientIp?: string; country?: string },
  defaultCountry: string | null,
): Subjects {
  const { number, userId, clientIp, country } = query
  return {
    ...(number !== undefined && { number: parseNumber(number, defaultCountry) }),
    ...(userId !== undefined && { user: userId }),
    ...(clientIp !== undefined && { client: clientNetwork(clientIp) }),
    ...(country !== undefined && { country }),
  }
}

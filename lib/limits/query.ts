// The subjects whose counters an admin asks for.
import { parseQueriedNumber } from '../device/number.ts'
import { Problem } from '../problem.ts'
import { clientNetwork } from './network.ts'
import { ownSubject, type Subjects } from './subject.ts'

/**
 * Returns the subjects that a query names. Throws `invalid_number`, or `invalid_query` for a device
 * without its user.
 */
export function queriedSubjects(
  query: {
    number?: string
    userId?: string
    deviceId?: string
    clientIp?: string
    country?: string
  },
  defaultCountry: string | null,
): Subjects {
  const { number, userId, deviceId, clientIp, country } = query
  if (deviceId !== undefined && userId === undefined) {
    throw new Problem('invalid_query', 'The deviceId must come with its userId.')
  }
  const parsed = number === undefined ? undefined : parseQueriedNumber(number, defaultCountry)
  const own =
    userId === undefined || deviceId === undefined ? undefined : ownSubject({ userId, deviceId })
  return {
    ...(own !== undefined && { own }),
    ...(parsed !== undefined && { number: parsed, number_all: parsed }),
    ...(userId !== undefined && { user: userId }),
    ...(clientIp !== undefined && { client: clientNetwork(clientIp) }),
    ...(country !== undefined && { country }),
  }
}

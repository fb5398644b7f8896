// What one write charges: an item that is counted beyond its limit keeps no names.
import { expect, it } from 'vitest'
import { chargeOf } from '../../../lib/limits/charge.ts'
import { countersOf } from '../../../lib/limits/subject.ts'
import { noon } from '../../support/device.ts'
import { limitsOn } from '../../support/limits.ts'

const limits = limitsOn([{ limit: 'user', most: 5, seconds: 600 }])
const send = { requestName: 'one', now: noon, isEstablished: false }
const [counter] = countersOf({ indexKey: Buffer.alloc(32), limits }, { user: 'alice' }, send)

it.each([
  ['refuse', 'names'],
  ['count', 'register'],
] as const)('a charge that is to %s when it is full keeps %s', (whenFull, keeps) => {
  const { mark, expression } = chargeOf(counter!, { requestName: 'one' }, whenFull)

  expect(mark.keeps).toBe(keeps)
  expect(expression.ExpressionAttributeNames).toMatchObject({ '#request': mark.attribute })
  expect(expression.ExpressionAttributeValues).toMatchObject({
    ':counted': mark.counted,
    ':expiresAt': noon / 1000 + 600 + 3600,
  })
})

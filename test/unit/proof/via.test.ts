// By what a token came to its device.
import { expect, it } from 'vitest'
import { isViaTest, methodOf, viaOf, viaTest } from '../../../lib/proof/via.ts'
import type { Channel } from '../../../lib/settings/channels.ts'

it.each<[string | null, (Channel | null)[]]>([
  ['sms', ['sms']],
  ['sms', ['sms', 'sms']],
  ['tel', ['call']],
  ['tel', ['call', 'call']],
  [null, ['whatsapp']],
  [null, [null]],
  [null, ['sms', 'call']],
  [null, ['sms', 'whatsapp']],
  [null, ['call', null]],
  [null, []],
])('the method is %s of %j', (method, channels) => {
  const via = channels.reduce((sum, channel) => sum + viaOf(channel), 0)

  expect(methodOf(via)).toBe(method)
})

it.each([
  ['sms', 'sms'],
  ['call', 'tel'],
] as const)('two hundred tokens by %s still are that alone', (channel, method) => {
  expect(methodOf(200 * viaOf(channel))).toBe(method)
})

it('what is neither by SMS nor by a call is one of others', () => {
  expect([viaOf('whatsapp'), viaOf(null)]).toEqual([0x1_0000, 0x1_0000])
})

it('a test number’s token came by nothing', () => {
  expect([isViaTest(viaTest), methodOf(viaTest)]).toEqual([true, null])
  expect(isViaTest(200 * viaOf('whatsapp'))).toBe(false)
})

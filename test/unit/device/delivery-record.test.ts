// What Twilio reports, in our words; what is stored of it; and what to offer next.
import { describe, expect, it } from 'vitest'
import { outcomeOf } from '../../../lib/challenge/outcome.ts'
import { challengeState, challengeView, wasChallenged } from '../../../lib/challenge/view.ts'
import {
  type DeliveryReason,
  deliveryReasons,
  deliveryStatuses,
  isFinal,
  nextStep,
  readDeliveryRecord,
  toDeliveryRecord,
} from '../../../lib/device/delivery-record.ts'
import type { DeviceItem } from '../../../lib/device/device.ts'
import { channels } from '../../../lib/settings/channels.ts'
import { deviceSettings } from '../../../lib/settings/device.ts'
import { reasonOf } from '../../../lib/twilio/codes.ts'
import { readStatusCallback } from '../../../lib/twilio/status.ts'
import { deviceOf, noon } from '../../support/device.ts'

describe('a status callback of a message', () => {
  it.each([
    ['accepted', 'queued'],
    ['scheduled', 'queued'],
    ['queued', 'queued'],
    ['sending', 'queued'],
    ['sent', 'sent'],
    ['delivered', 'delivered'],
    ['read', 'delivered'],
    ['undelivered', 'undelivered'],
    ['failed', 'failed'],
    ['canceled', 'failed'],
  ])('says %s: %s', (MessageStatus, status) => {
    expect(readStatusCallback({ MessageStatus })?.status).toBe(status)
  })

  it.each<Record<string, string>[]>([
    [{}],
    [{ MessageStatus: 'receiving' }],
    [{ MessageStatus: '' }],
    [{ MessageStatus: 'constructor' }],
    [{ CallStatus: 'toString' }],
  ])('says nothing that we know: %o', form => {
    expect(readStatusCallback(form)).toBeNull()
  })

  it('has a reason only if the message did not arrive', () => {
    expect(readStatusCallback({ MessageStatus: 'sent', ErrorCode: '30003' })?.reason).toBeNull()
    expect(readStatusCallback({ MessageStatus: 'failed' })?.reason).toBe('unknown')
    expect(readStatusCallback({ MessageStatus: 'failed', ErrorCode: 'x' })?.reason).toBe('unknown')
  })

  it.each([
    ['30006', 'landline'],
    [' 30006', 'unknown'],
    ['30006 ', 'unknown'],
    ['', 'unknown'],
  ])('has the reason of a code in digits alone: %j', (ErrorCode, reason) => {
    expect(readStatusCallback({ MessageStatus: 'undelivered', ErrorCode })?.reason).toBe(reason)
  })
})

describe('a status callback', () => {
  it.each<[string, Record<string, string>]>([
    ['sms', { MessageStatus: 'delivered', To: '+15555550100' }],
    ['sms', { MessageStatus: 'delivered', To: 'rcs:+15555550100' }],
    ['whatsapp', { MessageStatus: 'read', To: 'whatsapp:+15555550100' }],
    ['call', { CallStatus: 'busy', To: '+15555550100' }],
  ])('is of %s: %o', (channel, form) => {
    expect(readStatusCallback(form)?.channel).toBe(channel)
  })
})

describe('what Twilio’s own log calls it', () => {
  const digits = '0123456789abcdefABCDEF0123456789'

  it.each<Record<string, string>>([
    { MessageSid: `SM${digits}` },
    { MessageSid: `MM${digits}` },
    { CallSid: `CA${digits}` },
  ])('is the SID of the message or of the call: %o', form => {
    const [sid] = Object.values(form)

    expect(readStatusCallback({ ...form, MessageStatus: 'sent' })?.messageSid).toBe(sid)
  })

  it.each([
    undefined,
    ...['', 'SM', `XX${digits}`, `xSM${digits}`, `SM${digits}0`],
    ...[`SM${digits.slice(1)}`, `SM${digits.slice(1)}g`],
  ])('is no text that is no SID: %j', MessageSid => {
    const form = { MessageStatus: 'sent', ...(MessageSid !== undefined && { MessageSid }) }

    expect(readStatusCallback(form)?.messageSid).toBeNull()
  })

  it.each([
    ['undelivered', '30003', 30003],
    ['failed', '30008', 30008],
    ['failed', '1234567890', null],
    ['failed', undefined, null],
    ['sent', '30003', null],
  ])('has a code where it is %s, of %j', (MessageStatus, ErrorCode, twilioCode) => {
    const form = { MessageStatus, ...(ErrorCode !== undefined && { ErrorCode }) }

    expect(readStatusCallback(form)?.twilioCode).toBe(twilioCode)
  })
})

describe('a status callback of a call', () => {
  it.each([
    ['queued', 'queued', null],
    ['initiated', 'queued', null],
    ['ringing', 'sent', null],
    ['in-progress', 'sent', null],
    ['completed', 'delivered', null],
    ['busy', 'undelivered', 'unreachable'],
    ['no-answer', 'undelivered', 'unreachable'],
    ['failed', 'failed', 'unknown'],
    ['canceled', 'failed', 'unknown'],
  ])('says %s: %s, %s', (CallStatus, status, reason) => {
    expect(readStatusCallback({ CallStatus })).toMatchObject({ status, reason })
  })
})

describe('a reason', () => {
  it.each<[DeliveryReason, number[]]>([
    ['unreachable', [13224, 21211, 21214, 21217, 30003, 30005, 30036, 63003, 63024]],
    ['landline', [21614, 21635, 30006]],
    ['blocked_by_carrier', [13225, 13227, 21215, 21216, 21408, 21612, 30004, 30007, 30034, 63032]],
    // Our sender, account or text: another channel may do.
    ['blocked_by_carrier', [30032, 30037, 30038, 30040, 30450, 32017, 63007, 63016, 63018, 63042]],
    ['opted_out', [21610, 30630, 63014, 63033]],
    ['unknown', [20003, 20429, 30001, 30002, 30008, 30500, 63010, 1]],
  ])('is %s by the codes %o', (reason, codes) => {
    expect(codes.map(reasonOf)).toEqual(codes.map(() => reason))
  })

  it('is unknown without a code', () => {
    expect(reasonOf(null)).toBe('unknown')
  })

  it.each([
    [null, null, null],
    ['unreachable', 'retry', 'retry'],
    ['landline', 'another_number', 'another_channel'],
    ['blocked_by_carrier', 'another_number', 'another_channel'],
    ['opted_out', 'another_number', 'another_number'],
    ['unknown', 'retry', 'retry'],
  ] as const)('%s is followed by %s, or by %s if another channel is on', (reason, alone, more) => {
    expect(nextStep(reason, ['sms'])).toBe(alone)
    expect(nextStep(reason, ['sms', 'call'])).toBe(more)
  })
})

it('a challenge that did not reach Twilio ends without a code of Twilio’s', () => {
  expect(outcomeOf({ outcome: 'unreachable' })).toEqual({
    code: 'delivery_failed',
    twilioCode: null,
  })
})

describe('the record of a delivery', () => {
  it('is read as it was reported, every status with every reason and every channel', () => {
    for (const status of deliveryStatuses.filter(status => status !== null)) {
      for (const reason of deliveryReasons) {
        for (const channel of [null, ...channels]) {
          const update = { status, reason, channel }

          expect(readDeliveryRecord(toDeliveryRecord(update, 7))).toEqual({ ...update, at: 7 })
        }
      }
    }
  })

  it('of before has no channel', () => {
    const before = { progress: 4, reason: 2, reportedAt: 7 }
    const update = { status: 'undelivered', reason: 'landline', channel: null, at: 7 }

    expect(readDeliveryRecord(before)).toEqual(update)
  })

  it.each([
    ['sms', 10],
    ['call', 20],
    ['whatsapp', 30],
  ] as const)('keeps %s as %i beside the reason, for ever', (channel, number) => {
    const update = { status: 'failed', reason: 'landline', channel } as const

    expect(toDeliveryRecord(update, 7).reason).toBe(number + 2)
  })

  it('ranks queued, sent, failed, undelivered and delivered in this order', () => {
    const ranks = (['queued', 'sent', 'failed', 'undelivered', 'delivered'] as const).map(
      status => toDeliveryRecord({ status, reason: null, channel: null }, 0).progress,
    )

    expect(ranks).toEqual([1, 2, 3, 4, 5])
  })

  it('goes no further from failed, undelivered and delivered on', () => {
    const statuses = deliveryStatuses.filter(status => status !== null)

    expect(statuses.filter(isFinal)).toEqual(['failed', 'undelivered', 'delivered'])
  })

  it('is null where nothing was reported', () => {
    expect(readDeliveryRecord({})).toBeNull()
    expect(readDeliveryRecord({ progress: 0, reason: 0, reportedAt: 5 })).toBeNull()
  })
})

describe('the state of a challenge', () => {
  const settings = deviceSettings({ OTP_TWILIO_MAX_FAILURES: '3' })
  const fresh = deviceOf({ country: 'US' })
  const entry = { nil: 0, yes: true, backoff: 1000, validUntil: noon + 1, counter: 1 } as const
  const live: DeviceItem = {
    ...fresh,
    challenge: { keyName: '', requestName: 'last', validUntil: noon + 1 },
    pending: { digest: entry },
  }
  const rolledBack = { ...live.challenge, validUntil: 0 }

  it.each<[string, string, Partial<DeviceItem>, string | null]>([
    ['pending while its token lives', 'pending', {}, 'last'],
    ['pending without an id in the query', 'pending', {}, null],
    ['replaced when another one is the last', 'replaced', {}, 'another'],
    [
      'verified when its token is gone and was not rolled back',
      'verified',
      { pending: {} },
      'last',
    ],
    ['verified in spite of later failures', 'verified', { pending: {}, failures: 3 }, 'last'],
    [
      'expired when its token was rolled back',
      'expired',
      { pending: {}, challenge: rolledBack },
      null,
    ],
    ['disabled with its device', 'disabled', { failures: 3 }, 'last'],
  ])('is %s', (_, state, change, id) => {
    expect(challengeState({ ...live, ...change }, id, settings, noon)).toBe(state)
  })

  it('is expired from the moment at which its token is', () => {
    expect(challengeState(live, null, settings, noon)).toBe('pending')
    expect(challengeState(live, null, settings, noon + 1)).toBe('expired')
  })

  describe('as it is shown', () => {
    const view = (change: Partial<DeviceItem>, id: string | null) =>
      challengeView({ ...live, ...change }, id, settings, noon)

    const reported = { progress: 4, reason: 2, reportedAt: noon, test: true } as const

    it('has all that a waiting page needs', () => {
      expect(view({ challenge: { ...live.challenge, ...reported } }, null)).toEqual({
        challengeId: 'last',
        state: 'pending',
        number: '+1••••••••00',
        validUntil: '2026-01-01T12:00:00.001Z',
        nextChallengeAt: null,
        failureCount: 0,
        lockedUntil: null,
        delivery: {
          status: 'undelivered',
          reason: 'landline',
          channel: null,
          at: '2026-01-01T12:00:00.000Z',
          next: 'another_number',
        },
        test: true,
      })
    })

    it('has nothing of the last one where it is replaced', () => {
      const shown = view({ challenge: { ...live.challenge, ...reported } }, 'another')

      expect(shown).toMatchObject({ challengeId: 'another', state: 'replaced', validUntil: null })
      expect(shown.delivery).toBeNull()
      expect(shown).not.toHaveProperty('test')
    })

    it('has no moment of validity where its token was rolled back', () => {
      const shown = view({ challenge: rolledBack, pending: {} }, 'last')

      expect(shown.validUntil).toBeNull()
    })

    it('has no mark of a test where it is none', () => {
      const shown = view({ challenge: rolledBack, pending: {} }, 'last')

      expect(shown).not.toHaveProperty('test')
    })
  })

  it('is none of a device that was never challenged', () => {
    expect(wasChallenged(fresh)).toBe(false)
    expect(wasChallenged(live)).toBe(true)
  })
})

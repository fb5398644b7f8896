// What starting a challenge answers without a second read, and what its end refunds: in the store,
// where both meet the item that DynamoDB has.
import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import {
  refunded,
  refundedResend,
  rolledBack,
  type Started,
} from '../../../lib/challenge/refund.ts'
import {
  checkChallenge,
  checkResend,
  finishChallenge,
  type NewResend,
  setTestToken,
  startChallenge,
  startResend,
} from '../../../lib/challenge/store.ts'
import type { DeviceItem } from '../../../lib/device/device.ts'
import { connectStore, type Store } from '../../../lib/dynamodb/client.ts'
import { unavailable } from '../../../lib/problem.ts'
import { itemOf, noon, putDevice, settingsOf, signal } from '../../support/devices.ts'
import { watchedStore } from '../../support/watched-store.ts'

const store = connectStore()
const settings = settingsOf({ COOLDOWN: 30, COOLDOWN_MAX: 3600 })
const delivery = { progress: 1, reason: 0, reportedAt: noon }
const entry = { nil: 0, yes: true, backoff: 0, validUntil: noon + 300_000, counter: 7 } as const
const pending = { old: { ...entry, validUntil: noon + 200_000 } }
const before: Partial<DeviceItem> = {
  pending,
  challengedAt: noon - 60_000,
  unverified: 1,
  challenge: {
    keyName: 'k0',
    requestName: 'r0',
    validUntil: noon + 200_000,
    outcome: { code: 'sent' },
  },
}
const request = { requestName: 'r1', keyName: null, now: noon }
const fresh = { ...request, digest: 'new', entry }

async function started(starting: ReturnType<typeof startChallenge>): Promise<Started> {
  const answer = await starting
  if (answer.outcome !== 'started') throw new Error(`It was not started: ${answer.outcome}`)
  return answer
}

describe('the device that a start answers', () => {
  it.each([
    ['a challenge', {}, before],
    ['a challenge with a key', { keyName: 'k1' }, before],
    ['a challenge with a callback', { delivery }, before],
    ['a challenge with an actor and a channel', { actor: 'suite', via: 1 }, before],
    ['the first challenge', {}, {}],
  ])('is the one that is in the table: %s', async (_, given, was) => {
    const device = await putDevice(store, was)

    const answer = await started(
      startChallenge({ store, key: device, settings, signal }, { ...fresh, ...given }),
    )

    expect(answer).toStrictEqual({
      outcome: 'started',
      device: await itemOf(store, device),
      before: device,
    })
  })

  it.each([null, 0, 3])('is the one whose token takes five guesses, after %j', async guessesEnd => {
    const bounded = settingsOf({ COOLDOWN: 30, TOKEN_GUESSES: 5 })
    const was = { ...before, failures: 2, ...(guessesEnd !== null && { guessesEnd }) }
    const device = await putDevice(store, was)

    const answer = await started(
      startChallenge({ store, key: device, settings: bounded, signal }, fresh),
    )

    expect(answer.device).toStrictEqual(await itemOf(store, device))
    expect(answer.device.guessesEnd).toBe(7)
  })

  it.each([
    ['a resend', {}, {}],
    ['a resend with a key', { keyName: 'k1' }, {}],
    ['a resend with a callback', { delivery }, {}],
    ['a resend of a message with a callback', {}, delivery],
    ['a resend with an actor and a channel', { actor: 'suite', via: 256 }, { via: 1 }],
    ['a resend of a message whose channel is known', {}, { via: 1 }],
    ['the first with a channel', { via: 256 }, {}],
    ['a resend to a test number', {}, { test: true as const }],
  ])('is the one that is in the table: %s', async (_, given, last) => {
    const challenge = { ...before.challenge!, ...last }
    const device = await putDevice(store, { ...before, challenge })

    const answer = await started(
      startResend({ store, key: device, settings, signal }, { ...request, ...given }),
    )

    expect(answer).toStrictEqual({
      outcome: 'started',
      device: await itemOf(store, device),
      before: device,
    })
  })
})

/**
 * A store whose retried writes end without an answer, applied or not; `read` is what comes of the
 * read behind them.
 */
function silentStore({ applied, read = true }: { applied: boolean; read?: boolean }): Store {
  const silent = connectStore()
  const add = (client: Store['once'], answer: (next: () => Promise<unknown>) => Promise<unknown>) =>
    client.middlewareStack.add(next => async args => (await answer(() => next(args))) as never, {
      step: 'initialize',
      priority: 'high',
    })
  add(silent.retrying, async next => {
    if (applied) await next()
    throw unavailable(new Error('The answer was lost.'))
  })
  if (!read) add(silent.once, () => Promise.reject(new Error('The read was lost.')))
  return silent
}

describe('a write without an answer', () => {
  const resendable = () => putDevice(store, before)

  it('that was applied is a start whose item before is not known', async () => {
    const silent = silentStore({ applied: true })
    const [one, other] = [await resendable(), await resendable()]

    const starts = [
      await started(startChallenge({ store: silent, key: one, settings, signal }, fresh)),
      await started(startResend({ store: silent, key: other, settings, signal }, request)),
    ]

    expect(starts).toEqual([
      { outcome: 'started', device: await itemOf(store, one), before: null },
      { outcome: 'started', device: await itemOf(store, other), before: null },
    ])
  })

  it.each([
    ['was not applied', { applied: false }],
    ['is not known to be applied', { applied: true, read: false }],
  ])('that %s is unavailable by what it failed by', async (_, how) => {
    const silent = silentStore(how)
    const [one, other] = [await resendable(), await resendable()]

    const answers = await Promise.allSettled([
      startChallenge({ store: silent, key: one, settings, signal }, fresh),
      startResend({ store: silent, key: other, settings, signal }, request),
    ])

    const reason = { code: 'unavailable', cause: { cause: { message: 'The answer was lost.' } } }
    expect(answers).toMatchObject(Array(2).fill({ status: 'rejected', reason }))
  })

  it('to a device that is not there is unavailable', async () => {
    const unknown = { userId: `user-${randomUUID()}`, deviceId: 'none' }

    const challenge = startChallenge(
      { store: silentStore({ applied: false }), key: unknown, settings, signal },
      fresh,
    )

    await expect(challenge).rejects.toMatchObject({ code: 'unavailable' })
  })
})

describe('a refusal with our own name in it', () => {
  const last = { keyName: '', requestName: 'r1', validUntil: entry.validUntil }
  const lately = { challengedAt: noon, unverified: 1 }

  it('is our own challenge when its token is there', async () => {
    const device = await putDevice(store, { ...lately, challenge: last, pending: { new: entry } })

    const answers = [
      await startChallenge({ store, key: device, settings, signal }, fresh),
      await startResend({ store, key: device, settings, signal }, request),
    ]

    expect(answers).toEqual(Array(2).fill({ outcome: 'started', device, before: null }))
  })

  it.each([
    ['its token is gone', { challenge: last }],
    [
      'its token is another',
      { challenge: last, pending: { other: { ...entry, validUntil: noon } } },
    ],
    ['the name is another', { challenge: { ...last, requestName: 'r2' }, pending: { new: entry } }],
  ])('is none when %s', async (_, was) => {
    const device = await putDevice(store, { ...lately, ...was })

    const answer = await startChallenge({ store, key: device, settings, signal }, fresh)

    expect(answer).toEqual({ outcome: 'cooldown', nextChallengeAt: noon + 30_000 })
  })

  it.each([
    ['its token is gone', { challenge: last }, 'nothing_to_resend'],
    [
      'its token has expired',
      { challenge: last, pending: { new: { ...entry, validUntil: noon } } },
      'nothing_to_resend',
    ],
    [
      'the name is another',
      { challenge: { ...last, requestName: 'r2' }, pending: { new: entry } },
      'cooldown',
    ],
  ])('is no resend when %s', async (_, was, outcome) => {
    const device = await putDevice(store, { ...lately, ...was })

    const answer = await startResend({ store, key: device, settings, signal }, request)

    expect(answer).toMatchObject({ outcome })
  })
})

/**
 * By name: a device, the request that it refuses, and what a challenge and a resend of it are
 * answered.
 */
const refusals: [string, Partial<DeviceItem>, Partial<NewResend>, string, string][] = [
  ['a retry', { ...before, challengedAt: noon }, { keyName: 'k0' }, 'retried', 'retried'],
  [
    'a retry whose token is gone',
    { ...before, pending: {} },
    { keyName: 'k0' },
    'retried',
    'retried',
  ],
  ['a disabled device', { ...before, failures: 100 }, {}, 'disabled', 'disabled'],
  ['a disabled device without a token', { failures: 100 }, {}, 'disabled', 'disabled'],
  ['a country', { ...before, country: 'DE' }, {}, 'country_not_allowed', 'country_not_allowed'],
  ['a country without a token', { country: 'DE' }, {}, 'country_not_allowed', 'nothing_to_resend'],
  ['a cooldown', { ...before, challengedAt: noon }, {}, 'cooldown', 'cooldown'],
  ['a cooldown without a token', { challengedAt: noon }, {}, 'cooldown', 'nothing_to_resend'],
  [
    'a cooldown with a token that ends now',
    { challengedAt: noon, pending, challenge: { ...before.challenge!, validUntil: noon } },
    {},
    'cooldown',
    'nothing_to_resend',
  ],
  [
    'the key of another request',
    { challenge: { ...before.challenge!, payload: 'before' } },
    { keyName: 'k0', payload: 'now' },
    'key_reused',
    'key_reused',
  ],
]

describe('a start and its check are refused', () => {
  const strict = { ...settings, allowedCountries: ['GB'] }

  it.each(refusals)('by %s', async (_, was, given, challenged, resent) => {
    const device = await putDevice(store, { country: 'GB', ...was })
    const asked = { ...request, ...given }

    const answers = [
      await startChallenge(
        { store, key: device, settings: strict, signal },
        { ...fresh, ...given },
      ),
      await startResend({ store, key: device, settings: strict, signal }, asked),
      await checkChallenge(
        { store, key: device, settings: strict, signal },
        { ...fresh, ...given },
      ),
      await checkResend({ store, key: device, settings: strict, signal }, asked),
    ]

    expect(answers.map(({ outcome }) => outcome)).toEqual([challenged, resent, challenged, resent])
    for (const answer of answers) if ('device' in answer) expect(answer.device).toEqual(device)
    expect(await itemOf(store, device)).toEqual(device)
  })

  it('not by a country that is one of several', async () => {
    const device = await putDevice(store, { country: 'GB' })
    const several = { ...settings, allowedCountries: ['DE', 'GB', 'FR'] }

    expect(
      (await startChallenge({ store, key: device, settings: several, signal }, fresh)).outcome,
    ).toBe('started')
  })

  it('by nothing but its live token', async () => {
    const device = await putDevice(store, before)
    const condition = { noLiveToken: true } as const

    const answers = [
      await startChallenge({ store, key: device, settings, signal }, fresh, condition),
      await checkChallenge({ store, key: device, settings, signal }, fresh),
      await checkResend({ store, key: device, settings, signal }, request),
    ]

    expect(answers).toEqual(Array(3).fill({ outcome: 'live_token', device }))
  })

  it('a check finds nothing against a device without a token either', async () => {
    const device = await putDevice(store)

    expect(await checkChallenge({ store, key: device, settings, signal }, fresh)).toEqual({
      outcome: 'live_token',
      device,
    })
  })

  it('by another number than the one that was counted', async () => {
    const [one, other] = [await putDevice(store), await putDevice(store, before)]
    const condition = { number: '+15555550199' }

    const resend = await startResend({ store, key: other, settings, signal }, request, condition)

    await expect(
      startChallenge({ store, key: one, settings, signal }, fresh, condition),
    ).rejects.toMatchObject({ code: 'unavailable' })
    expect(resend).toEqual({ outcome: 'live_token', device: other })
  })

  it('where there is no device', async () => {
    const unknown = { userId: `user-${randomUUID()}`, deviceId: 'none' }

    const answers = [
      await startChallenge({ store, key: unknown, settings, signal }, fresh),
      await startResend({ store, key: unknown, settings, signal }, request),
      await checkChallenge({ store, key: unknown, settings, signal }, fresh),
      await checkResend({ store, key: unknown, settings, signal }, request),
    ]

    expect(answers).toEqual(Array(4).fill({ outcome: 'not_found' }))
  })
})

const itemWith = (given: Partial<DeviceItem>) => ({ ...before, ...given }) as DeviceItem
const third = { outcome: 'started', device: itemWith({ unverified: 3 }), before: null } as const

describe('the refund of a challenge', () => {
  it('is a cooldown that is over', () => {
    expect(refunded(third, settings, noon)).toEqual({ unverified: 2, challengedAt: noon - 60_000 })
  })

  it('that was a resend keeps the token that was sent before', () => {
    expect(refundedResend(third, settings, noon)).toEqual({
      unverified: 2,
      challengedAt: noon - 60_000,
      kept: 'old',
    })
  })
})

describe('the rollback of a challenge', () => {
  it('is the device as it was found without its expired token', () => {
    const found = itemWith({ challengedAt: 5, unverified: 2 })

    expect(rolledBack({ ...third, before: found }, fresh, settings)).toEqual({
      challengedAt: 5,
      unverified: 2,
      rollback: { challenge: { ...found.challenge, id: 'r0', validUntil: 0 }, digest: 'new' },
    })
  })

  it('keeps the validity by which a used token is known', () => {
    const found = itemWith({ pending: {} })

    const { rollback } = rolledBack({ ...third, before: found }, fresh, settings)

    expect(rollback?.challenge).toEqual({ ...found.challenge, id: 'r0' })
  })

  it('forgets the challenge before where that is not known', () => {
    expect(rolledBack(third, fresh, settings)).toEqual({
      unverified: 2,
      challengedAt: noon - 60_000,
      rollback: { challenge: { keyName: '', requestName: '', id: '' }, digest: 'new' },
    })
  })
})

describe('the end of a challenge', () => {
  const nothing = { requestName: 'r0', refunded: null, outcome: null }
  const free = { unverified: 0, challengedAt: 0 }

  it.each([
    ['that leaves nothing', nothing, []],
    ['without an update', { ...nothing, delivery: null }, []],
    ['with an outcome', { ...nothing, outcome: { code: 'sent' } as const }, ['UpdateItemCommand']],
    ['with a refund', { ...nothing, refunded: free }, ['UpdateItemCommand']],
    ['with an update', { ...nothing, delivery }, ['UpdateItemCommand']],
  ])('%s writes only what there is to write', async (_, end, written) => {
    const device = await putDevice(store, before)
    const { watched, commands } = watchedStore()

    await finishChallenge({ store: watched, key: device, signal }, end)

    expect(commands).toEqual(written)
  })

  it('whose write is lost does not fail', async () => {
    const device = await putDevice(store, before)
    const end = { ...nothing, outcome: { code: 'sent' } as const }

    await expect(
      finishChallenge({ store: silentStore({ applied: false }), key: device, signal }, end),
    ).resolves.toBeUndefined()
  })
})

describe('the write of a test number’s token', () => {
  const test = {
    requestName: 'r0',
    drawn: 'old',
    digest: 'fixed',
    entry,
    refunded: { unverified: 0, challengedAt: 0 },
    delivery,
    outcome: null,
  }

  it('answers the same device when it comes twice', async () => {
    const device = await putDevice(store, before)

    const first = await setTestToken({ store, key: device, signal }, test)
    const again = await setTestToken({ store, key: device, signal }, test)

    expect(first).toEqual(await itemOf(store, device))
    expect(again).toEqual(first)
  })

  it.each([
    [
      'of a newer challenge',
      { ...before, challenge: { ...before.challenge!, requestName: 'r1', test: true as const } },
    ],
    ['whose token is gone', { ...before, pending: {} }],
  ])('leaves a device %s alone', async (_, was) => {
    const device = await putDevice(store, was)

    expect(await setTestToken({ store, key: device, signal }, test)).toBeNull()

    expect(await itemOf(store, device)).toEqual(device)
  })

  it('answers null where there is no device', async () => {
    expect(
      await setTestToken({ store, key: { userId: 'unknown', deviceId: 'none' }, signal }, test),
    ).toBeNull()
  })
})

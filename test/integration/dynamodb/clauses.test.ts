// Every clause of every condition decides something: each scenario ends one way with the clause,
// and another way when the same request reaches the engine without it.
import { describe, expect, it } from 'vitest'
import {
  challengeClauses,
  countryAllowedClause,
  growingCooldownClause,
  resendClauses,
  type StartCondition,
  startConditionClauses,
} from '../../../lib/challenge/expressions.ts'
import {
  finishClauses,
  finishExpression,
  testTokenClauses,
} from '../../../lib/challenge/finish-expressions.ts'
import { setTestToken, startChallenge, startResend } from '../../../lib/challenge/store.ts'
import { recordClauses } from '../../../lib/delivery/expressions.ts'
import { recordDelivery } from '../../../lib/delivery/store.ts'
import { deliveryStatuses } from '../../../lib/device/delivery-record.ts'
import type { DeviceItem } from '../../../lib/device/device.ts'
import {
  createClauses,
  deleteClauses,
  keptLockClauses,
  keptLockExpression,
  patchClauses,
  patchExpression,
  resetClauses,
} from '../../../lib/device/expressions.ts'
import { createDevice, deleteDevice, patchDevice, resetDevice } from '../../../lib/device/store.ts'
import { readDevice, updateDevice } from '../../../lib/device/write.ts'
import { connectStore, type Store } from '../../../lib/dynamodb/client.ts'
import { readItem } from '../../../lib/dynamodb/read.ts'
import { conditionalUpdate } from '../../../lib/dynamodb/write.ts'
import {
  chargeClauses,
  hasRoomClause,
  keepLockClauses,
  refundClauses,
  removeExpression,
  tidyClauses,
} from '../../../lib/limits/expressions.ts'
import { keepLock, withKeptLock } from '../../../lib/limits/kept-lock.ts'
import {
  chargeLimits,
  emptyLimits,
  readLimits,
  refundLimits,
  tidyLimits,
} from '../../../lib/limits/store.ts'
import type { Counter } from '../../../lib/limits/subject.ts'
import { requestName } from '../../../lib/request-name.ts'
import { drawToken } from '../../../lib/token/token.ts'
import {
  attemptClauses,
  rescaleClauses,
  rescaleExpression,
  samePendingClause,
} from '../../../lib/verification/expressions.ts'
import { verifyGuess } from '../../../lib/verification/store.ts'
import { decides } from '../../support/clauses.ts'
import { deviceOf } from '../../support/device.ts'
import {
  attemptWith,
  challenge,
  indexKey,
  itemOf,
  noon,
  putDevice,
  settingsOf,
  signal,
  tokenKey,
} from '../../support/devices.ts'

async function isMade(device: Promise<unknown>): Promise<boolean> {
  return (await device) !== null
}

const plain = connectStore()

/** Tries a token on a device. */
function tryToken(store: Store, device: DeviceItem, token: string, { throttle } = settingsOf()) {
  return verifyGuess({ store, key: device, throttle, signal }, attemptWith(device, token))
}

/** A patch to another number. */
const toOther = { number: '+15555550199', country: '', actor: '', now: noon }

describe('an attempt', () => {
  it('notDisabled: a disabled device compares nothing', () =>
    decides(
      attemptClauses.notDisabled,
      async store => {
        const device = await putDevice(plain, { failures: 3 })
        return (await tryToken(store, device, '0', settingsOf({ MAX_FAILURES: 3 }))).outcome
      },
      { kept: 'disabled', lost: 'rejected' },
    ))

  it('factorUnchanged: a lock is as long as today’s factor has it', () =>
    decides(
      attemptClauses.factorUnchanged,
      async store => {
        const device = await putDevice(plain, { factorMs: 0, backoff: 0, failures: 3 })
        await tryToken(store, device, '0', settingsOf({ THROTTLE_FACTOR: 1 }))
        return (await itemOf(plain, device)).lockedUntil
      },
      { kept: noon + 8000, lost: noon },
    ))

  it('notLocked: a locked device compares nothing', () =>
    decides(
      attemptClauses.notLocked,
      async store => {
        const device = await putDevice(plain, {
          failures: 1,
          failedAt: noon,
          lockedUntil: noon + 1000,
        })
        const attempt = attemptWith(device, '0', noon + 999)
        return (
          await verifyGuess(
            { store, key: device, throttle: settingsOf().throttle, signal },
            attempt,
          )
        ).outcome
      },
      { kept: 'locked', lost: 'rejected' },
    ))

  it('notLockedOrLockedLongest: a locked device compares nothing before the longest lock is over', () =>
    decides(
      attemptClauses.notLockedOrLockedLongest,
      async store => {
        const device = await putDevice(plain, {
          failures: 10,
          failedAt: noon,
          backoff: 1_024_000,
          lockedUntil: noon + 512_000,
        })
        const { throttle } = settingsOf({ THROTTLE_MAX: 60 })
        const early = attemptWith(device, '0', noon + 59_999)
        return (await verifyGuess({ store, key: device, throttle, signal }, early)).outcome
      },
      { kept: 'locked', lost: 'rejected' },
    ))

  const bounded = settingsOf({ TOKEN_GUESSES: 2, TOKEN_VALIDITY: 36_000 })

  it('notUsedUp: a token takes so many wrong guesses, and then not even the right one', () =>
    decides(
      attemptClauses.notUsedUp,
      async store => {
        const device = await putDevice(plain, { failures: 7 })
        const token = await challenge(plain, device, { settings: bounded })
        const context = { store, key: device, throttle: bounded.throttle, signal }
        for (const hour of [1, 2]) {
          await verifyGuess(context, attemptWith(device, '0', noon + hour * 3_600_000))
        }
        const right = attemptWith(device, token, noon + 3 * 3_600_000)
        return (await verifyGuess(context, right)).outcome
      },
      { kept: 'used_up', lost: 'accepted' },
    ))

  it('hasToken: a guess without a token counts no failure', () =>
    decides(
      attemptClauses.hasToken,
      async store => {
        const device = await putDevice(plain)
        await tryToken(store, device, '0', bounded)
        return (await itemOf(plain, device)).failures
      },
      { kept: 0, lost: 1 },
    ))

  it('sameChallenge: the token of another challenge is not compared', () =>
    decides(
      attemptClauses.sameChallenge,
      async store => {
        const device = await putDevice(plain)
        const token = await challenge(plain, device)
        const { throttle } = settingsOf()
        const attempt = { ...attemptWith(device, token), challengeId: 'another' }
        return (await verifyGuess({ store, key: device, throttle, signal }, attempt)).outcome
      },
      { kept: 'replaced', lost: 'accepted' },
    ))

  it('notAppliedBefore: the same attempt counts once', () =>
    decides(
      attemptClauses.notAppliedBefore,
      async store => {
        const device = await putDevice(plain, { factorMs: 0, backoff: 0 })
        const { throttle } = settingsOf({ THROTTLE_FACTOR: 0 })
        const attempt = attemptWith(device, '0')
        for (const _ of [1, 2]) await verifyGuess({ store, key: device, throttle, signal }, attempt)
        return (await itemOf(plain, device)).failures
      },
      { kept: 1, lost: 2 },
    ))

  it('notExpired: a token is dead from validUntil on', () =>
    decides(
      attemptClauses.notExpired,
      async store => {
        const settings = settingsOf({ TOKEN_VALIDITY: 30 })
        const device = await putDevice(plain)
        const token = await challenge(plain, device, { settings })
        const attempt = attemptWith(device, token, noon + 30_000)
        return (
          await verifyGuess({ store, key: device, throttle: settings.throttle, signal }, attempt)
        ).outcome
      },
      { kept: 'rejected', lost: 'accepted' },
    ))
})

/** What may move between the reading and the writing of a throttle, by the clause that notices. */
const moved = {
  sameFailures: { failures: 2 },
  sameFailedAt: { failedAt: noon + 1 },
  sameFactor: { factorMs: 3000 },
}

describe('an attempt with a token of another factor', () => {
  it('tokenFactorUnchanged: leaves the device with the back-off of today’s factor', () =>
    decides(
      attemptClauses.tokenFactorUnchanged,
      async store => {
        const device = await putDevice(plain)
        const token = await challenge(plain, device, {
          settings: settingsOf({ THROTTLE_FACTOR: 0 }),
        })
        await tryToken(store, device, token, settingsOf({ THROTTLE_FACTOR: 1 }))
        return (await itemOf(plain, device)).backoff
      },
      { kept: 1000, lost: 0 },
    ))
})

describe('a recomputed throttle', () => {
  it.each(Object.entries(moved))('%s: is written only for what was seen', (name, change) =>
    decides(
      rescaleClauses[name as keyof typeof rescaleClauses],
      async store => {
        const seen = await putDevice(plain, {
          failures: 1,
          failedAt: noon,
          lockedUntil: noon + 1000,
        })
        await putDevice(plain, { ...seen, ...change })
        const next = { factorMs: 2000, backoff: 4000n, lockedUntil: 2000n }
        const expression = rescaleExpression(seen, next)
        await updateDevice({ store, key: seen, signal }, expression)
        return (await itemOf(plain, seen)).backoff
      },
      { kept: 1000, lost: 4000 },
    ),
  )

  it('samePending: is not written for a token that was replaced', () =>
    decides(
      samePendingClause,
      async store => {
        const device = await putDevice(plain)
        await challenge(plain, device)
        const seen = await itemOf(plain, device)
        await challenge(plain, device)
        const next = { factorMs: 2000, backoff: 4000n, lockedUntil: 2000n }
        const expression = rescaleExpression(seen, next)
        const decided = await updateDevice({ store, key: device, signal }, expression)
        return Object.keys(decided)
      },
      { kept: ['refused'], lost: 'ValidationException' },
    ))
})

describe('a challenge', () => {
  async function start(
    store: Store,
    device: DeviceItem,
    {
      settings = settingsOf(),
      keyName = null as string | null,
      now = noon,
      condition = null as StartCondition,
    },
  ) {
    const { digest, entry } = await drawToken(tokenKey, device, settings, now)
    const given = { digest, entry, requestName: requestName(null), keyName, now }
    return (await startChallenge({ store, key: device, settings, signal }, given, condition))
      .outcome
  }

  async function resend(store: Store, device: DeviceItem, settings = settingsOf()) {
    const given = { requestName: requestName(null), keyName: null, now: noon }
    return (await startResend({ store, key: device, settings, signal }, given)).outcome
  }

  it('notDisabled: a disabled device gets no token', () =>
    decides(
      challengeClauses.notDisabled,
      async store =>
        start(store, await putDevice(plain, { failures: 5 }), {
          settings: settingsOf({ MAX_FAILURES: 5 }),
        }),
      { kept: 'disabled', lost: 'started' },
    ))

  it('cooledDown: no second token within the cooldown', () =>
    decides(
      challengeClauses.cooledDown,
      async store => {
        const device = await putDevice(plain, { challengedAt: noon })
        return start(store, device, { settings: settingsOf({ COOLDOWN: 30 }), now: noon + 29_999 })
      },
      { kept: 'cooldown', lost: 'started' },
    ))

  it('cooledDown: no older token in the place of a newer one even without a cooldown', () =>
    decides(
      challengeClauses.cooledDown,
      async store => {
        const device = await putDevice(plain, { challengedAt: noon + 1 })
        return start(store, device, { now: noon })
      },
      { kept: 'cooldown', lost: 'started' },
    ))

  it('newRequest: a try that comes late brings no token back that was used', () =>
    decides(
      challengeClauses.newRequest,
      async store => {
        const device = await putDevice(plain)
        const { digest, entry } = await drawToken(tokenKey, device, settingsOf(), noon)
        const given = { digest, entry, requestName: 'the request', keyName: null, now: noon }
        const { throttle } = settingsOf()
        const guess = { guess: digest, attempt: requestName(null), now: noon }
        await startChallenge({ store: plain, key: device, settings: settingsOf(), signal }, given)
        await verifyGuess({ store: plain, key: device, throttle, signal }, guess)
        await startChallenge({ store, key: device, settings: settingsOf(), signal }, given).catch(
          () => undefined,
        )
        return Object.keys((await itemOf(plain, device)).pending).length
      },
      { kept: 0, lost: 1 },
    ))

  it('newRequest: the replaced one of two challenges of one millisecond does not come back', () =>
    decides(
      challengeClauses.newRequest,
      async store => {
        const device = await putDevice(plain)
        const { digest, entry } = await drawToken(tokenKey, device, settingsOf(), noon)
        const given = { digest, entry, requestName: 'the request', keyName: null, now: noon }
        await startChallenge({ store: plain, key: device, settings: settingsOf(), signal }, given)
        await start(plain, device, { now: noon })
        await startChallenge({ store, key: device, settings: settingsOf(), signal }, given).catch(
          () => undefined,
        )
        return digest in (await itemOf(plain, device)).pending
      },
      { kept: false, lost: true },
    ))

  it('newKey: no second token for one idempotency key', () =>
    decides(
      challengeClauses.newKey,
      async store => {
        const device = await putDevice(plain)
        await start(plain, device, { keyName: 'one' })
        return start(store, device, { keyName: 'one' })
      },
      { kept: 'retried', lost: 'started' },
    ))

  it('growing cooldown: the next token is later after each that was not verified', () =>
    decides(
      growingCooldownClause(2),
      async store => {
        const device = await putDevice(plain, { challengedAt: noon, unverified: 2 })
        const settings = settingsOf({ COOLDOWN: 30, COOLDOWN_MAX: 120 })
        return start(store, device, { settings, now: noon + 59_999 })
      },
      { kept: 'cooldown', lost: 'started' },
    ))

  it('country allowed: no token for a number of another country', () =>
    decides(
      countryAllowedClause,
      async store => {
        const device = await putDevice(plain, { country: 'US' })
        return start(store, device, { settings: settingsOf({ ALLOWED_COUNTRIES: 'GB' }) })
      },
      { kept: 'country_not_allowed', lost: 'started' },
    ))

  it('noLiveToken: a live token stays until the limits were asked', () =>
    decides(
      startConditionClauses.noLiveToken,
      async store => {
        const device = await putDevice(plain)
        await challenge(plain, device)
        return start(store, device, { condition: { noLiveToken: true } })
      },
      { kept: 'live_token', lost: 'started' },
    ))

  it('noLiveToken: a dead or used token is replaced at once', async () => {
    const device = await putDevice(plain)
    await challenge(plain, device, { now: noon - 30_000 })
    const dead = await start(plain, device, { condition: { noLiveToken: true } })
    const entry = (await itemOf(plain, device)).pending
    const guess = { guess: Object.keys(entry)[0]!, attempt: requestName(null), now: noon }
    await verifyGuess({ store: plain, key: device, throttle: settingsOf().throttle, signal }, guess)

    const used = await start(plain, device, { condition: { noLiveToken: true } })

    expect([dead, used]).toEqual(['started', 'started'])
  })

  it('sameNumber: no token for another number than the limits were asked for', () =>
    decides(
      startConditionClauses.sameNumber,
      async store => {
        const device = await putDevice(plain)
        const condition = { number: '+15555550199' }
        return start(store, device, { condition }).catch(({ code }) => code)
      },
      { kept: 'unavailable', lost: 'started' },
    ))

  it('notUsedUp: a token that is used up is not sent again', () =>
    decides(
      resendClauses.notUsedUp,
      async store => {
        const settings = settingsOf({ TOKEN_GUESSES: 1 })
        const device = await putDevice(plain)
        await challenge(plain, device, { settings })
        await tryToken(plain, device, '0', settings)
        return resend(store, device, settings)
      },
      { kept: 'nothing_to_resend', lost: 'started' },
    ))

  it('lives: a token that has expired is not sent again', () =>
    decides(
      resendClauses.lives,
      async store => {
        const device = await putDevice(plain)
        await challenge(plain, device, { now: noon - settingsOf().token.validityMs })
        return resend(store, device)
      },
      { kept: 'nothing_to_resend', lost: 'started' },
    ))

  it('unused: a token that was used is not sent again', () =>
    decides(
      resendClauses.unused,
      async store => {
        const device = await putDevice(plain)
        const token = await challenge(plain, device)
        await tryToken(plain, device, token)
        return resend(store, device)
      },
      { kept: 'nothing_to_resend', lost: 'started' },
    ))

  it('stillPending: a rolled back challenge brings nothing back after a new number', () =>
    decides(
      finishClauses.stillPending,
      async store => {
        const device = await putDevice(plain)
        await challenge(plain, device)
        const { challenge: last, pending } = await itemOf(plain, device)
        await patchDevice(plain, device, toOther, signal)
        const rollback = {
          challenge: { keyName: 'of the old number', requestName: '' },
          digest: Object.keys(pending)[0]!,
        }
        const refunded = { challengedAt: 0, unverified: 0, rollback }
        const end = { requestName: last.requestName, refunded, outcome: null }
        const expression = finishExpression(end)
        await updateDevice({ store, key: device, signal }, expression)
        return (await itemOf(plain, device)).challenge.keyName
      },
      { kept: '', lost: 'of the old number' },
    ))

  it('stillPending: a resend refunds no cooldown for a token that was used meanwhile', () =>
    decides(
      finishClauses.stillPending,
      async store => {
        const device = await putDevice(plain)
        const token = await challenge(plain, device)
        const { challenge: last, pending } = await itemOf(plain, device)
        await tryToken(plain, device, token)
        const refunded = { challengedAt: 0, unverified: 1, kept: Object.keys(pending)[0]! }
        const end = { requestName: last.requestName, refunded, outcome: null }
        const expression = finishExpression(end)
        await updateDevice({ store, key: device, signal }, expression)
        return (await itemOf(plain, device)).unverified
      },
      { kept: 0, lost: 1 },
    ))

  /** Sets the fixed token of a test number in the place of what a challenge drew. */
  async function setFixedToken(store: Store, device: DeviceItem, last: DeviceItem) {
    const { entry } = await drawToken(tokenKey, device, settingsOf(), noon)
    const test = {
      requestName: last.challenge.requestName,
      drawn: Object.keys(last.pending)[0]!,
      digest: 'of the fixed token',
      entry,
      refunded: { challengedAt: 0, unverified: 0 },
      delivery: { progress: 5, reason: 0, reportedAt: noon },
      outcome: null,
    }
    await setTestToken({ store, key: device, signal }, test)
    return Object.keys((await itemOf(plain, device)).pending)
  }

  it('stillPending: a test number’s token does not confirm the number that came after it', () =>
    decides(
      testTokenClauses.stillPending,
      async store => {
        const device = await putDevice(plain)
        await challenge(plain, device)
        const last = await itemOf(plain, device)
        await patchDevice(plain, device, toOther, signal)
        return setFixedToken(store, device, last)
      },
      { kept: [], lost: ['of the fixed token'] },
    ))

  it('sameRequest: a test number’s token is not set over that of a newer challenge', () =>
    decides(
      testTokenClauses.sameRequest,
      async store => {
        const device = await putDevice(plain)
        await challenge(plain, device)
        const last = await itemOf(plain, device)
        await resend(plain, device)
        return (await setFixedToken(store, device, last)).includes('of the fixed token')
      },
      { kept: false, lost: true },
    ))

  it('sameRequest: an end is not written over a newer challenge', () =>
    decides(
      finishClauses.sameRequest,
      async store => {
        const device = await putDevice(plain)
        await challenge(plain, device)
        const refunded = { challengedAt: 0, unverified: 0 }
        const end = { requestName: 'an older one', refunded, outcome: null }
        const expression = finishExpression(end)
        await updateDevice({ store, key: device, signal }, expression)
        const after = await itemOf(plain, device)
        return Object.keys(after.pending).length
      },
      { kept: 1, lost: 0 },
    ))
})

/** A user's counter; `most` decides how it remembers its requests. */
function counterOf(most: number): Counter {
  const key = `user:${requestName(null)}`
  const window = { limit: 'user' as const, most, seconds: 600, endsAt: noon, attribute: 'sent' }
  return { limit: 'user', key, windows: [window], now: noon }
}

const charge = (store: Store, counter: Counter, request: string) =>
  chargeLimits(store, [counter], { requestName: request, whenFull: 'refuse' }, signal)

async function sentOf(counter: Counter): Promise<number | undefined> {
  return (await readLimits(plain, [counter], signal))[0]?.sent
}

describe('a count of a send', () => {
  it.each([
    ['isNew', 5],
    ['isNewInRegister', 500],
  ] as const)('%s: is not made again by a try that comes late', (name, most) =>
    decides(
      chargeClauses[name],
      async store => {
        const counter = counterOf(most)
        await charge(plain, counter, 'the request')
        await charge(store, counter, 'the request')
        return sentOf(counter)
      },
      { kept: 1, lost: 2 },
    ),
  )

  it.each([
    ['isNew', 5],
    ['isNewInRegister', 500],
  ] as const)('%s: is not made by a try that comes after its refund', (name, most) =>
    decides(
      chargeClauses[name],
      async store => {
        const counter = counterOf(most)
        const charged = await charge(plain, counter, 'the request')
        const [first] = charged.charges
        const repeated = { ...charged, charges: [{ ...first!, state: 'repeated' as const }] }
        await refundLimits(plain, repeated, signal)
        await charge(store, counter, 'the request')
        return sentOf(counter)
      },
      { kept: 0, lost: 1 },
    ),
  )

  it('hasRoom: is not made beyond the limit', () =>
    decides(
      hasRoomClause(0),
      async store => {
        const counter = counterOf(1)
        await charge(plain, counter, 'first')
        await charge(store, counter, 'second')
        return sentOf(counter)
      },
      { kept: 1, lost: 2 },
    ))
})

describe('a refund of a send', () => {
  it('isCounted: is made once', () =>
    decides(
      refundClauses.isCounted,
      async store => {
        const counter = counterOf(5)
        const charged = await charge(plain, counter, 'the request')
        await refundLimits(plain, charged, signal)
        const [first] = charged.charges
        const again = removeExpression({ ...first!, ...counter, expiresAt: 0 }, [])
        return conditionalUpdate(
          store.once,
          { table: store.limitsTable, key: { limitKey: counter.key } },
          again,
          { signal },
        ).then(Object.keys)
      },
      { kept: ['refused'], lost: 'ValidationException' },
    ))

  it('isCounted: takes nothing from a counter that was emptied and counts again', () =>
    decides(
      refundClauses.isCounted,
      async store => {
        const counter = counterOf(500)
        const charged = await charge(plain, counter, 'the request')
        await emptyLimits(plain, [counter], signal)
        await charge(plain, counter, 'another request')
        await refundLimits(store, charged, signal)
        return sentOf(counter)
      },
      { kept: 1, lost: 0 },
    ))

  it('isNotRefunded: is made once in a register', () =>
    decides(
      refundClauses.isNotRefunded,
      async store => {
        const counter = counterOf(500)
        await charge(plain, counter, 'another request')
        const charged = await charge(plain, counter, 'the request')
        await refundLimits(plain, charged, signal)
        await refundLimits(store, charged, signal)
        return sentOf(counter)
      },
      { kept: 1, lost: 0 },
    ))

  it('isKnown: is made only of what the register shows', () =>
    decides(
      refundClauses.isKnown,
      async store => {
        const counter = counterOf(500)
        await charge(plain, counter, 'another request')
        const unknown = await chargeLimits(
          plain,
          [counter],
          { requestName: 'the request', whenFull: 'refuse' },
          AbortSignal.abort(),
        )
        await refundLimits(store, unknown, signal)
        return sentOf(counter)
      },
      { kept: 1, lost: 0 },
    ))
})

describe('a counter that is tidied', () => {
  it('exists: is not made again once it is gone', () =>
    decides(
      tidyClauses.exists,
      async store => {
        const counter = counterOf(5)
        const ended = Array.from({ length: 20 }, (_, n) => `60.${n}`)
        const { charges } = await charge(plain, counter, 'the request')
        await emptyLimits(plain, [counter], signal)
        await tidyLimits(
          store,
          { charges: charges.map(one => ({ ...one, ended })), full: [] },
          signal,
        )
        const address = { table: plain.limitsTable, key: { limitKey: counter.key } }
        return (await readItem(plain.once, address, signal)) !== undefined
      },
      { kept: false, lost: true },
    ))
})

describe('a device', () => {
  it('isNew: is created once', () =>
    decides(
      createClauses.isNew,
      async store => {
        const first = await putDevice(plain, { number: '+15555550101' })
        const { userId, deviceId } = first
        const second = deviceOf({ userId, deviceId, number: '+15555550102' })
        await createDevice(store, second, signal)
        return (await itemOf(plain, first)).number
      },
      { kept: '+15555550101', lost: '+15555550102' },
    ))

  it('exists: is not made by a patch', () =>
    decides(
      patchClauses.exists,
      store => {
        const missing = { userId: 'unknown', deviceId: requestName(null) }
        return isMade(patchDevice(store, missing, toOther, signal))
      },
      { kept: false, lost: 'ValidationException' },
    ))

  it('newNumber: keeps token and confirmation when the number is the one it has', () =>
    decides(
      patchClauses.newNumber,
      async store => {
        const device = await putDevice(plain, { confirmed: true })
        await challenge(plain, device)
        const { number } = device
        const after = await patchDevice(store, device, { ...toOther, number }, signal)
        return [after?.confirmed, Object.keys(after?.pending ?? {}).length]
      },
      { kept: [true, 1], lost: [false, 0] },
    ))

  it('sameNumber: is not left confirmed by a patch that saw another number', () =>
    decides(
      patchClauses.sameNumber,
      async store => {
        const device = await putDevice(plain, { number: '+15555550101' })
        const change = { ...toOther, confirmed: true }
        const expression = patchExpression(change, 'same')
        const decided = await updateDevice({ store, key: device, signal }, expression)
        return Object.keys(decided)
      },
      { kept: ['refused'], lost: ['applied'] },
    ))

  it('asOften: is not freed of failures by a lock of another number', () =>
    decides(
      keptLockClauses.asOften,
      async store => {
        const device = await putDevice(plain, { failures: 5, failedAt: noon })
        const kept = { failures: 4, failedAt: noon, backoff: 16_000n, lockedUntil: BigInt(noon) }
        await updateDevice({ store, key: device, signal }, keptLockExpression(kept))
        return (await readDevice({ store: plain, key: device, signal }))?.failures
      },
      { kept: 5, lost: 4 },
    ))

  it('exists: is not made by a reset', () =>
    decides(
      resetClauses.exists,
      store =>
        isMade(
          resetDevice(
            store,
            { userId: 'unknown', deviceId: requestName(null) },
            { now: noon, cooldownMs: 0, tokenGuesses: null, actor: '' },
            signal,
          ),
        ),
      { kept: false, lost: 'ValidationException' },
    ))
})

describe('what Twilio reports', () => {
  const last = { keyName: '', requestName: 'last', validUntil: noon + 1, progress: 1 }

  /** How far the last challenge is, after it was reported that the given one was sent. */
  async function progressAfter(
    store: Store,
    challengeId: string,
    given: Partial<DeviceItem['challenge']> = {},
  ) {
    const device = await putDevice(plain, { challenge: { ...last, ...given } })
    const update = { status: 'sent', reason: null, channel: null } as const
    await recordDelivery({ store, key: device, signal }, challengeId, update, noon)
    return deliveryStatuses[(await itemOf(plain, device)).challenge.progress ?? 0]
  }

  it('sameChallenge: is of the challenge that it names', () =>
    decides(recordClauses.sameChallenge, store => progressAfter(store, 'older'), {
      kept: 'queued',
      lost: 'sent',
    }))

  it('furtherThanBefore: is not taken back by a report that comes late', () =>
    decides(
      recordClauses.furtherThanBefore,
      store => progressAfter(store, 'last', { progress: deliveryStatuses.indexOf('delivered') }),
      { kept: 'delivered', lost: 'sent' },
    ))

  it('notTakenBack: is of no challenge that was refunded', () =>
    decides(recordClauses.notTakenBack, store => progressAfter(store, 'last', { validUntil: 0 }), {
      kept: 'queued',
      lost: 'sent',
    }))
})

describe('a device that is deleted', () => {
  it('sameActor: names who deletes it in its last record, whoever wrote meanwhile', () =>
    decides(
      deleteClauses.sameActor,
      async store => {
        const device = await putDevice(plain)
        const failures: number[] = []
        const before = async (seen: DeviceItem) => {
          failures.push(seen.failures)
          if (failures.length === 1) await tryToken(plain, device, '0')
        }
        await deleteDevice(store, device, { actor: 'suite', before }, signal)
        return failures
      },
      { kept: [0, 1], lost: [0] },
    ))

  it('isLonger: leaves the longer lock of another with its number', () =>
    decides(
      keepLockClauses.isLonger,
      async store => {
        const { throttle } = settingsOf({ THROTTLE_FACTOR: 60 })
        const context = { store, indexKey, throttle, now: noon, signal }
        const device = deviceOf({ userId: requestName(null), factorMs: 60_000, backoff: 60_000 })
        await keepLock(context, { ...device, failures: 4, failedAt: noon })
        await keepLock(context, { ...device, failures: 1, failedAt: noon })
        return (await withKeptLock(context, device)).failures
      },
      { kept: 4, lost: 1 },
    ))
})

describe('the key name of a challenge', () => {
  it('is empty without an idempotency key', async () => {
    const device = await putDevice(plain)

    await challenge(plain, device)

    expect((await itemOf(plain, device)).challenge.keyName).toBe('')
  })

  it('is empty after the number was changed', async () => {
    const device = await putDevice(plain, {
      challenge: { keyName: requestName('login-1'), requestName: '-' },
    })

    await patchDevice(plain, device, toOther, signal)

    expect((await itemOf(plain, device)).challenge.keyName).toBe('')
  })
})

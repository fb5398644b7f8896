// The steps of a history. Each is done to the service and to the model, and both must answer the
// same.
import fc from 'fast-check'
import { expect } from 'vitest'
import { challenge, type Delivered, look, patch, refusal, reset, verify, view } from './device.ts'
import {
  carryLocks,
  endOf,
  ends,
  findLock,
  guesses,
  guessText,
  type History,
  type Known,
  keepLock,
} from './history.ts'
import { ask, askChallenge, type Operation, obey } from './service.ts'

type Step = fc.AsyncCommand<History, object>

const key = fc.constantFrom(null, null, 'k1', 'k2')
const which = fc.nat(3)
const number = fc.constantFrom('+15555550100', '+15555550101')

function step(
  name: string,
  run: (history: History) => Promise<unknown>,
  check: (history: Readonly<History>) => boolean = () => true,
): Step {
  return {
    check,
    toString: () => name,
    run: async history => {
      history.steps += 1
      await run(history)
    },
  }
}

/** A step that is about one of the devices, of those that were deleted too. */
function deviceStep(name: string, n: number, run: (h: History, k: Known) => Promise<unknown>) {
  return step(
    `${name} ${n}`,
    history => run(history, history.known[n % history.known.length]!),
    ({ known }) => known.length > 0,
  )
}

/**
 * Creates a device; the same key is the same device, while it is there, and good for nothing but
 * what it was used for.
 */
export const create = fc.tuple(fc.nat(1), number, key, fc.boolean()).map(([n, to, k, confirmed]) =>
  step(`create ${n} ${to.slice(-2)} ${k} ${confirmed}`, async history => {
    const { now, rules } = history
    const userId = history.users[n]!
    const body = { number: to, name: 'Phone', confirmed }
    const answer = await ask('create', { userId, body, key: k }, now)
    const before = history.known.find(
      ({ made, userId: owner }) => k !== null && made.key === k && owner === userId,
    )
    const isReused =
      before?.device &&
      (before.made.number !== to || (before.made.confirmed ?? confirmed) !== confirmed)
    if (isReused) return expect(answer).toEqual({ status: 422, code: 'idempotency_key_reused' })
    const id = String(answer.id)
    const made = { key: k, number: to, confirmed }
    const known = before ?? { device: null, userId, deviceId: id, made, issued: [], ids: [] }
    if (before === undefined) history.known.push(known)
    expect(known.deviceId).toBe(id)
    if (known.device === null) known.made = made
    const { failures, failedAt } = findLock(history, userId, to) ?? { failures: 0, failedAt: 0 }
    known.device ??= {
      ...{ userId, id, ...body, createdAt: now, failures, failedAt, usedAt: null },
      ...{
        challengedAt: null,
        unverified: 0,
        token: null,
        challenge: null,
        unsent: null,
        attempts: [],
      },
    }
    return expect(answer).toEqual({ ...look(known.device, rules, now), status: 201 })
  }),
)

const deliveries: Delivered[] = ['sent', 'sent', 'sent', 'unknown', 'refused', 'undeliverable']
const challengeStep = fc
  .tuple(which, key, fc.constantFrom(...deliveries, 'busy' as const))
  .map(([n, k, end]) =>
    deviceStep(`challenge ${k} ${end}`, n, async ({ now, rules }, known) => {
      const { userId, deviceId, device } = known
      const expected = refusal(device, k, rules, now)
      const { answer, token, id, ...counted } = await askChallenge(
        { userId, deviceId, key: k },
        end,
        now,
      )
      expect({ sent: token !== null, ...counted }).toEqual({ sent: !expected, requestsTooMany: 0 })
      if (token === null) return expect(answer).toEqual(expected)
      known.issued.push(token)
      known.ids.push(id)
      expect(answer).toEqual(challenge(device!, { key: k, text: token, end, id }, rules, now))
    }),
  )

/** Which challenge a verification names: none, the last one, or the one before. */
const named = fc.constantFrom(null, null, null, -1, -2)
const verifyStep = fc
  .tuple(which, key, fc.constantFrom(...guesses), named)
  .map(([n, k, guess, back]) =>
    deviceStep(`verify ${k} ${guess} ${back}`, n, async (history, known) => {
      const { now, rules } = history
      const { userId, deviceId, device, ids } = known
      const { text, sent } = guessText(history, known, guess)
      const id = back === null ? null : (ids.at(back) ?? null)
      const body = { token: sent, ...(id !== null && { challengeId: id }) }
      const answer = await ask('verify', { userId, deviceId, key: k, body }, now)
      expect(answer).toEqual(verify(device, { text, key: k, id }, rules, now))
      if (k !== null) history.asked.push({ known, key: k, text })
    }),
  )

const verifyAgain = fc.nat(3).map(back =>
  step(
    `verify again ${back}`,
    async ({ asked, now, rules }) => {
      const { known, key: k, text } = asked.at(-1 - (back % asked.length))!
      const { userId, deviceId, device } = known
      const answer = await ask('verify', { userId, deviceId, key: k, body: { token: text } }, now)
      expect(answer).toEqual(verify(device, { text, key: k }, rules, now))
    },
    ({ asked }) => asked.length > 0,
  ),
)

const malformed: [Operation, { body?: unknown; key?: string }, string][] = [
  ['verify', { body: {} }, 'invalid_body'],
  ['verify', { body: { token: '' } }, 'invalid_body'],
  ['verify', { body: { token: 123456 } }, 'invalid_body'],
  ['verify', { body: { token: '9'.repeat(65) } }, 'invalid_body'],
  ['verify', { body: { token: '000000', extra: 1 } }, 'invalid_body'],
  ['verify', { body: { token: '000000', challengeId: '' } }, 'invalid_body'],
  ['verify', { body: { token: '000000' }, key: 'a b' }, 'invalid_idempotency_key'],
  ['challenge', { body: { number: '+15555550100' } }, 'invalid_body'],
  ['patch', { body: { number: 1 } }, 'invalid_body'],
  ['create', { body: { number: '+1' } }, 'invalid_number'],
]
const malformedStep = fc
  .tuple(which, fc.constantFrom(...malformed))
  .map(([n, [operation, request, code]]) =>
    deviceStep(`malformed ${operation}`, n, async ({ now }, { userId, deviceId }) => {
      const answer = await ask(operation, { userId, deviceId, ...request }, now)
      expect(answer).toEqual({ status: code === 'invalid_number' ? 422 : 400, code })
    }),
  )

const optional = { requiredKeys: [] as [] }
const change = fc.record({ number, name: fc.constant('New'), confirmed: fc.boolean() }, optional)
const patchStep = fc.tuple(which, change).map(([n, body]) =>
  deviceStep(`patch ${Object.keys(body)}`, n, async (history, known) => {
    const { now, rules } = history
    const { userId, deviceId, device } = known
    if (device && body.number !== undefined && body.number !== device.number) {
      carryLocks(history, device, body.number)
      known.made = { ...known.made, number: body.number, confirmed: null }
    }
    expect(await ask('patch', { userId, deviceId, body }, now)).toEqual(
      patch(device, body, rules, now),
    )
  }),
)

const resetStep = which.map(n =>
  deviceStep('reset', n, async ({ now, rules }, { userId, deviceId, device }) => {
    expect(await ask('reset', { userId, deviceId }, now)).toEqual(reset(device, rules, now))
  }),
)

const lookStep = which.map(n =>
  deviceStep('look', n, async ({ now, rules }, { userId, deviceId, device }) => {
    expect(await ask('look', { userId, deviceId }, now)).toEqual(look(device, rules, now))
  }),
)

const deleteStep = which.map(n =>
  deviceStep('delete', n, async (history, known) => {
    const { now } = history
    keepLock(history, known.device)
    expect(await ask('remove', known, now)).toEqual({ status: 204 })
    known.device = null
  }),
)

const deleteAll = fc.nat(1).map(n =>
  step(`delete all ${n}`, async history => {
    const userId = history.users[n]!
    expect(await ask('removeAll', { userId }, history.now)).toEqual({ status: 204 })
    for (const known of history.known) {
      if (known.userId !== userId) continue
      keepLock(history, known.device)
      known.device = null
    }
  }),
)

/** Back, too: another instance has another clock. */
const clockStep = fc
  .constantFrom(1, 999, 1000, 5000, 30_000, 61_000, 3_600_000, -1500)
  .map(ms => step(`clock ${ms}`, async history => (history.now += ms)))

const clockToEnd = fc
  .tuple(which, fc.constantFrom(...ends), fc.constantFrom(-1, 0, 1))
  .map(([n, end, ms]) =>
    deviceStep(`clock to the end of the ${end} ${ms}`, n, async (history, known) => {
      const moment = endOf(history, known, end)
      // A reset device's lock is over, and a clock that goes back for years is no clock.
      if (moment !== null && moment + ms > history.now) history.now = moment + ms
    }),
  )

const newRules = fc.record(
  {
    factor: fc.constantFrom(0, 100, 1000, 2000, 60_000),
    longestLock: fc.constantFrom(null, 3000, 3_600_000),
    maxFailures: fc.constantFrom(1, 3, 100),
    guesses: fc.constantFrom(null, 1, 2, 5),
    validity: fc.constantFrom(1000, 30_000, 300_000),
    cooldown: fc.constantFrom(0, 30_000),
    longestCooldown: fc.constantFrom(null, 20_000, 100_000, 3_600_000),
  },
  optional,
)
const settingsStep = newRules.map(rules =>
  step(`settings ${JSON.stringify(rules)}`, async history => {
    Object.assign(history.rules, rules)
    obey(history.rules)
  }),
)

/** Looks at every device at once. */
export async function lookAtAll({ users, known, rules, now }: History): Promise<void> {
  for (const userId of users) {
    const { devices } = await ask('list', { userId }, now)
    const expected = known.flatMap(({ device }) =>
      device?.userId === userId ? [view(device, rules, now)] : [],
    )
    const byId = (a: { id: string }, b: { id: string }) => (a.id < b.id ? -1 : 1)
    expect((devices as { id: string }[]).sort(byId)).toEqual(expected.sort(byId))
  }
}

/** Verifications and challenges more often than the rest. */
export const steps: fc.Arbitrary<Step>[] = [
  ...[verifyStep, verifyStep, verifyStep, verifyAgain, challengeStep, challengeStep],
  ...[clockStep, clockToEnd, clockToEnd, settingsStep, resetStep, patchStep],
  ...[create, lookStep, malformedStep, deleteStep, deleteAll],
]

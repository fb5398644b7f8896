// What a released version wrote is read for ever: each kept item, used by today's functions, is
// answered and left as it was when it was new.
import { describe, expect, it } from 'vitest'
import { connectStore } from '../../../lib/dynamodb/client.ts'
import { loadReleased } from '../../releases/kept.ts'
import { at } from '../../support/clock.ts'
import {
  type KeptState,
  keptItems,
  keptVersions,
  loadUses,
  putRaw,
  type RawItem,
  rawItem,
  type Use,
} from '../../support/kept-items.ts'
import { invoke } from '../../support/lambda.ts'
import { startTwilio } from '../../support/twilio.ts'

/** The answer, and what the device then shows: failures, token, delivery. */
type Row = [use: Use, status: number, code: string, shown: string]

const unverified: Row[] = [
  ['patch name', 200, '', 'as it was'],
  ['patch nothing', 200, '', 'as it was'],
  ['list', 200, '', 'as it was'],
  ['list unconfirmed', 200, '', 'as it was'],
  ['find', 200, '', 'as it was'],
  ['get', 200, '', 'as it was'],
]

const table: Record<KeptState, { shows: string; rows: Row[] }> = {
  fresh: {
    shows: '0 failures',
    rows: [
      ...unverified,
      ['verify right', 403, 'invalid_token', '1 failures'],
      ['challenge', 200, '', '0 failures, token, queued'],
      ['resend', 409, 'nothing_to_resend', 'as it was'],
      ['callback', 204, '', 'as it was'],
      ['state', 404, 'challenge_not_found', 'as it was'],
      ['patch number', 200, '', 'as it was'],
      ['reset', 200, '', 'as it was'],
    ],
  },
  challenged: {
    shows: '0 failures, token, queued',
    rows: [
      ...unverified,
      ['verify right', 200, '', '0 failures, confirmed, queued'],
      ['verify wrong', 403, 'invalid_token', '1 failures, token, queued'],
      ['challenge', 200, '', 'as it was'],
      ['resend', 200, '', 'as it was'],
      ['callback', 204, '', '0 failures, token, delivered'],
      ['state', 200, 'pending', 'as it was'],
      ['patch number', 200, '', '0 failures'],
      ['reset', 200, '', 'as it was'],
    ],
  },
  reported: {
    shows: '0 failures, token, undelivered',
    rows: [
      ...unverified,
      ['verify right', 200, '', '0 failures, confirmed, undelivered'],
      ['verify wrong', 403, 'invalid_token', '1 failures, token, undelivered'],
      ['challenge', 200, '', '0 failures, token, queued'],
      ['resend', 200, '', '0 failures, token, queued'],
      ['callback', 204, '', '0 failures, token, delivered'],
      ['state', 200, 'pending', 'as it was'],
      ['patch number', 200, '', '0 failures'],
      ['reset', 200, '', 'as it was'],
    ],
  },
  verified: {
    shows: '0 failures, confirmed, queued',
    rows: [
      ...unverified,
      ['verify right', 403, 'invalid_token', '1 failures, confirmed, queued'],
      ['challenge', 200, '', '0 failures, confirmed, token, queued'],
      ['resend', 409, 'nothing_to_resend', 'as it was'],
      ['callback', 204, '', '0 failures, confirmed, delivered'],
      ['state', 200, 'verified', 'as it was'],
      ['patch number', 200, '', '0 failures'],
      ['reset', 200, '', 'as it was'],
    ],
  },
  locked: {
    shows: '3 failures, token, queued',
    rows: [
      ...unverified,
      ['verify right', 429, 'throttled', 'as it was'],
      ['verify wrong', 429, 'throttled', 'as it was'],
      ['challenge', 200, '', 'as it was'],
      ['resend', 200, '', 'as it was'],
      ['callback', 204, '', '3 failures, token, delivered'],
      ['state', 200, 'pending', 'as it was'],
      ['patch number', 200, '', '3 failures'],
      ['reset', 200, '', '0 failures, token, queued'],
    ],
  },
  disabled: {
    shows: '5 failures, token, queued',
    rows: [
      ...unverified,
      ['verify right', 403, 'device_disabled', 'as it was'],
      ['challenge', 403, 'device_disabled', 'as it was'],
      ['resend', 403, 'device_disabled', 'as it was'],
      ['callback', 204, '', '5 failures, token, delivered'],
      ['state', 200, 'disabled', 'as it was'],
      ['patch number', 200, '', '5 failures'],
      ['reset', 200, '', '0 failures, token, queued'],
    ],
  },
}

await startTwilio()
Object.assign(process.env, {
  OTP_TWILIO_MAX_FAILURES: '5',
  OTP_TWILIO_COOLDOWN: '30',
  OTP_TWILIO_TOKEN_VALIDITY: '300',
})
const store = connectStore()

describe.each(keptVersions())('an item of %s', version => {
  const { tokenKey, items } = keptItems(version)
  process.env.OTP_TOKEN_KEY = tokenKey
  const using = loadUses()

  async function shownOf(state: KeptState): Promise<string> {
    const { body } = await (await using)(items[state], 'get')
    const { confirmed, pending, delivery, throttle } = body
    const parts = [
      `${throttle.failureCount} failures`,
      ...[confirmed && 'confirmed', pending && 'token', delivery?.status],
    ]
    return parts.filter(Boolean).join(', ')
  }

  const cases = Object.entries(table).flatMap(([state, { shows, rows }]) =>
    rows.map(row => [state as KeptState, ...row, shows] as const),
  )

  it.each(cases)('that is %s, on %s, is answered %i %s', async (state, use, ...expected) => {
    const [status, code, shown, shows] = expected
    await putRaw(store, items[state].item)

    const answer = await (await using)(items[state], use)

    expect([answer.status, answer.body?.code ?? answer.body?.state ?? '']).toEqual([status, code])
    expect(await shownOf(state)).toBe(shown === 'as it was' ? shows : shown)
  })

  it('is of the shape that its functions write', async () => {
    const load = (name: 'challenge' | 'verify') => loadReleased(version, name)
    const { item, at: moment } = items.fresh
    const device = { userId: item.userId!.S!, deviceId: item.deviceId!.S! }
    const shapes: string[] = []
    const keepShape = async () => shapes.push(shapeOf(await rawItem(store, item)))
    await putRaw(store, item)

    await at(moment + 60_000, () => invoke(load('challenge'), device))
    await keepShape()
    for (const [n, ms] of [90_000, 92_000, 95_000, 100_000, 109_000].entries()) {
      const body = { token: '000000' }
      await at(moment + ms, () => invoke(load('verify'), { ...device, body }))
      if (n === 2) await keepShape()
    }
    await keepShape()

    expect(shapes).toEqual(
      [items.challenged, items.locked, items.disabled].map(kept => shapeOf(kept.item)),
    )
  })
})

/** The names of all attributes with their types; a digest is no name. */
function shapeOf(item: RawItem): string {
  const lines = Object.entries(item).flatMap(([name, value]) => {
    const [type] = Object.keys(value)
    if (name === 'pending') {
      return Object.values(value.M ?? {}).map(entry => `pending: ${shapeOf(entry.M ?? {})}`)
    }
    return type === 'M' ? [`${name}: ${shapeOf(value.M ?? {})}`] : [`${name} ${type}`]
  })
  return `{${lines.toSorted().join(', ')}}`
}

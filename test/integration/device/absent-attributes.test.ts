// An item of an older release, or one that was imported by hand, may lack attributes. It is then as
// if they had the value that a new device has, whatever is asked of it: docs/item.md says which
// ones an item must have.
import { marshall } from '@aws-sdk/util-dynamodb'
import { describe, expect, it } from 'vitest'
import { newDevice } from '../../../lib/device/device.ts'
import { connectStore } from '../../../lib/dynamodb/client.ts'
import {
  type KeptItem,
  type KeptState,
  keptItems,
  loadUses,
  putRaw,
  type RawItem,
  rawItem,
  type Use,
  uses,
} from '../../support/kept-items.ts'
import { isLong } from '../../support/runs.ts'
import { startTwilio } from '../../support/twilio.ts'

const optional = [
  ...['v', 'country', 'name', 'confirmed', 'createdAt', 'usedNow', 'usedBefore'],
  ...['challengedAt', 'unverified', 'replaced', 'challenge.keyName', 'challenge.requestName'],
  ...['challenge.id', 'challenge.validUntil', 'challenge.outcome', 'challenge.progress'],
  ...['challenge.reason', 'challenge.reportedAt', 'challenge.test'],
]
/** Without its key an item cannot be put, and without its number nothing can be sent. */
const keys = ['userId', 'deviceId', 'number']
const required = [
  ...['failures', 'failedAt', 'lockedUntil', 'backoff', 'factorMs'],
  ...['challenge', 'pending', 'attempts'],
]

const { tokenKey, items } = keptItems('0.2.0')
await startTwilio()
Object.assign(process.env, {
  OTP_TOKEN_KEY: tokenKey,
  OTP_TWILIO_COOLDOWN: '30',
  OTP_TWILIO_COOLDOWN_MAX: '120',
  OTP_TWILIO_LIMIT_USER: '1000/600',
})
const store = connectStore()
const use = await loadUses()

const fresh = marshall(
  newDevice({
    ...{ userId: '-', deviceId: '-', name: '', number: '', country: '', confirmed: false },
    ...{ factorMs: 0, now: 0 },
  }),
)

/** The item without an attribute, and the item with what a new device has there, if anything. */
function itemsOf({ item }: KeptItem, path: string): { without: RawItem; filled: RawItem } {
  const [name = '', member] = path.split('.')
  const without = structuredClone(item)
  const filled = structuredClone(item)
  const [absent, given, blank] = [without, filled, fresh].map(one =>
    member === undefined ? one : (one[name]?.M as RawItem),
  ) as [RawItem, RawItem, RawItem]
  const key = member ?? name
  delete absent[key]
  if (blank[key] === undefined) delete given[key]
  else given[key] = blank[key]
  return { without, filled }
}

/** What is answered, but for what is drawn anew. */
async function answerOf(kept: KeptItem, item: RawItem, name: Use) {
  await putRaw(store, item)
  const { status, body } = await use({ ...kept, item }, name)
  const { challengeId, ...shown } = body ?? {}
  return { status, ...shown }
}

const expectations = new Map<string, ReturnType<typeof answerOf>>()

/** The same of an item that has what a new device has; many attributes leave the same one. */
function expectedOf(kept: KeptItem, item: RawItem, name: Use) {
  const same = JSON.stringify([name, item])
  const answer = expectations.get(same) ?? answerOf(kept, item, name)
  expectations.set(same, answer)
  return answer
}

const states: KeptState[] = ['fresh', 'challenged', 'reported', 'verified', 'locked']

/** Each attribute in two of the states; at length in all. */
const statesOf = (path: string) =>
  isLong
    ? states
    : [0, 2].map(n => states[(optional.indexOf(path) + n) % states.length] as KeptState)

describe.each(optional)('an item without %s', path => {
  it.each(statesOf(path))('is used as one that has it as when it was new: %s', async state => {
    const kept = items[state]
    const { without, filled } = itemsOf(kept, path)

    for (const name of uses) {
      const expected = await expectedOf(kept, filled, name)
      const answer = await answerOf(kept, without, name)
      expect([name, answer]).toEqual([name, expected])
      expect(answer.status).toBeLessThan(500)
    }
  })

  it('is verified by one write that fills it in', async () => {
    const { without } = itemsOf(items.challenged, path)
    await putRaw(store, without)

    await use({ ...items.challenged, item: without }, 'verify right')

    const after = await rawItem(store, without)
    expect(after).toMatchObject({ confirmed: { BOOL: true }, unverified: { N: '0' } })
  })
})

describe.each(required)('an item without %s', path => {
  it('breaks no list', async () => {
    const kept = items.challenged
    const { without } = itemsOf(kept, path)
    await putRaw(store, without)

    const answers = [
      await use({ ...kept, item: without }, 'list'),
      await use({ ...kept, item: without }, 'find'),
      await use({ ...kept, item: without }, 'get'),
    ]

    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200])
  })

  it('lets no token in that its lock had kept out', async () => {
    const kept = items.locked
    const { without } = itemsOf(kept, path)
    await putRaw(store, without)

    const { status } = await use({ ...kept, item: without }, 'verify right')

    expect(status).not.toBe(200)
  })
})

it('every attribute of a new device is one or the other', () => {
  const top = Object.keys(fresh)

  expect([...keys, ...required, ...optional]).toEqual(expect.arrayContaining(top))
})

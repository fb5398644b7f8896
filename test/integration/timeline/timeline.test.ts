// What happened to a device, as support reads it back: told by the real handlers and by the reader
// of the stream, and erased with its user.
import { randomUUID } from 'node:crypto'
import type { DynamoDBRecord } from 'aws-lambda'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { foundIn, listen } from '../../support/canaries.ts'
import { invoke } from '../../support/lambda.ts'
import { type SceneDevice, startScenes } from '../../support/scenes.ts'
import { setEnvironment } from '../../support/set-environment.ts'
import { scanTraffic } from '../../support/traffic.ts'

const given = { ...process.env }
const scenes = await startScenes()
process.env.OTP_TWILIO_CHANNELS = 'sms,call'
const settings = { ...process.env }
const { handler: audit } = await import('../../../functions/audit.ts')
const { handler: eventsOfDevice } = await import('../../../functions/list-device-events.ts')
const { handler: eventsOfUser } = await import('../../../functions/list-user-events.ts')
const { handler: deleteAll } = await import('../../../functions/delete-devices.ts')

beforeAll(listen)
afterEach(() => {
  vi.useRealTimers()
  setEnvironment(settings)
})
afterAll(async () => {
  setEnvironment(given)
  await scenes.close()
})

/** Hands over what was written since to the reader. */
async function tell(records: DynamoDBRecord[] = scenes.engine.take(), more: object = {}) {
  expect(await audit({ Records: records, ...more })).toEqual({ batchItemFailures: [] })
}

/** The rows of the traffic table in which a user's id stands. */
async function rowsNaming(userId: string) {
  const rows = await scanTraffic()
  return rows.filter(row => JSON.stringify(row).includes(userId))
}

/** The stream tells a record's second. */
function secondsBefore({ dynamodb, ...record }: DynamoDBRecord, seconds: number): DynamoDBRecord {
  const at = (dynamodb?.ApproximateCreationDateTime ?? 0) - seconds
  return { ...record, dynamodb: { ...dynamodb, ApproximateCreationDateTime: at } }
}

const ask = (device: SceneDevice, query: Record<string, string> = {}) =>
  invoke(eventsOfDevice, { method: 'GET', ...device, query })

/** The events of a device, oldest first, without ids and times. */
async function eventsOf(device: SceneDevice) {
  await tell()
  const { body } = await ask(device, { limit: '100' })
  return body.events.toReversed()
}

const typesOf = (events: { type: string }[]) => events.map(({ type }) => type)
const sid = `SM${'0'.repeat(32)}`

describe('the timeline of a device', () => {
  it('has a login from the device to its token', async () => {
    const device = await scenes.register()
    const { body } = await scenes.challenge(device)
    const form = { MessageStatus: 'delivered', MessageSid: sid }
    await scenes.sendCallback(device, body.challengeId, form)
    await scenes.verify(device)

    const events = await eventsOf(device)

    const { challengeId } = body
    expect(events).toMatchObject([
      { type: 'created', actor: 'suite' },
      { type: 'challenged', actor: 'suite', challengeId, channel: 'sms' },
      { type: 'delivery', actor: null, challengeId, status: 'delivered', messageSid: sid },
      { type: 'verified', actor: null, challengeId },
      { type: 'confirmed', actor: null },
    ])
  })

  it('has what Twilio says of a message that did not arrive', async () => {
    const device = await scenes.register()
    const { body } = await scenes.challenge(device)
    await scenes.sendCallback(device, body.challengeId, {
      ...{ MessageStatus: 'undelivered', ErrorCode: '30006', MessageSid: sid },
    })

    expect((await eventsOf(device)).at(-1)).toMatchObject({
      type: 'delivery',
      status: 'undelivered',
      reason: 'landline',
      twilioCode: 30_006,
      messageSid: sid,
    })
  })

  it('has a callback that is told twice once', async () => {
    const device = await scenes.register()
    const { body } = await scenes.challenge(device)
    for (const _ of [1, 2]) {
      await scenes.sendCallback(device, body.challengeId, { MessageStatus: 'delivered' })
    }

    expect(typesOf(await eventsOf(device))).toEqual(['created', 'challenged', 'delivery'])
  })

  it('has a record that comes twice once', async () => {
    const device = await scenes.register()
    await scenes.challenge(device)
    const records = scenes.engine.take()

    await tell(records)
    await tell(records)

    expect(typesOf(await eventsOf(device))).toEqual(['created', 'challenged'])
  })

  it('has why a challenge was refused, once a minute', async () => {
    process.env.OTP_TWILIO_COOLDOWN = '3600'
    const device = await scenes.register()
    for (const _ of [1, 2, 3]) await scenes.challenge(device)

    const events = await eventsOf(device)

    const refused = events.filter(({ type }: { type: string }) => type === 'challenge_refused')
    expect(refused).toMatchObject([{ code: 'cooldown', actor: 'suite' }])
  })

  it('has which limit refused it', async () => {
    process.env.OTP_TWILIO_LIMIT_NUMBER = '1/600'
    const device = await scenes.register()
    for (const _ of [1, 2]) await scenes.challenge(device)

    expect((await eventsOf(device)).at(-1)).toMatchObject({
      ...{ type: 'challenge_refused', code: 'limit_reached', limit: 'number' },
    })
  })

  it('has an end that was not sent, with Twilio’s code, and a retry of it once', async () => {
    const device = await scenes.register()
    scenes.answers.push({ status: 400, body: { code: 21_614 } })
    vi.useFakeTimers({ toFake: ['Date'] })
    for (let seconds = 0; seconds < 2; seconds++) {
      vi.setSystemTime(Date.now() + 1000)
      await scenes.challenge(device, {}, { 'idempotency-key': 'login-1' })
    }

    const ends = (await eventsOf(device)).filter(({ type }: { type: string }) =>
      type.startsWith('challenge_failed'),
    )

    expect(ends).toEqual([
      expect.objectContaining({ code: 'undeliverable_number', twilioCode: 21_614 }),
    ])
  })

  it('has failures, the token that is used up, and the lock', async () => {
    process.env.OTP_TWILIO_THROTTLE_FACTOR = '60'
    process.env.OTP_TWILIO_TOKEN_GUESSES = '1'
    const device = await scenes.register()
    await scenes.challenge(device)
    await scenes.guess(device)

    const events = await eventsOf(device)

    expect(typesOf(events).slice(2)).toEqual(['failed', 'used_up', 'locked'])
    expect(events.at(-1)).toMatchObject({ failureCount: 1, lockedUntil: expect.any(String) })
  })

  it('has a device that is disabled', async () => {
    process.env.OTP_TWILIO_MAX_FAILURES = '1'
    const device = await scenes.register()
    await scenes.challenge(device)
    await scenes.guess(device)

    expect((await eventsOf(device)).at(-1)).toMatchObject({ type: 'disabled', lockedUntil: null })
  })

  it('has a reset, a new number and the deletion, each with its actor', async () => {
    const device = await scenes.register()
    await scenes.challenge(device)
    await scenes.guess(device)
    await scenes.reset(device)
    await scenes.change(device, '+442071838751')
    await scenes.remove(device)

    const events = await eventsOf(device)

    const last = events.filter(({ actor }: { actor: string | null }) => actor !== null).slice(2)
    expect(typesOf(last)).toEqual(['reset', 'number_changed', 'deleted'])
  })

  it('holds no number, token or name', async () => {
    const device = await scenes.register()
    await scenes.challenge(device)
    await scenes.verify(device)
    await tell()

    const { body } = await ask(device)

    expect(foundIn(JSON.stringify(body), [device.number, device.number.slice(1)])).toEqual([])
  })

  it('comes in pages, newest first, each from the cursor of the one before', async () => {
    const device = await scenes.register()
    for (const _ of [1, 2, 3]) await scenes.challenge(device)
    await tell()

    const first = await ask(device, { limit: '3' })
    const second = await ask(device, { limit: '3', cursor: first.body.cursor })

    expect(typesOf(first.body.events)).toEqual(['challenged', 'challenged', 'challenged'])
    expect(typesOf(second.body.events)).toEqual(['created'])
    expect(second.body.cursor).toBeNull()
  })

  it('is not kept where OTP_TIMELINE_DAYS is 0', async () => {
    process.env.OTP_TIMELINE_DAYS = '0'
    process.env.OTP_TWILIO_COOLDOWN = '3600'
    const device = await scenes.register()
    for (const _ of [1, 2]) await scenes.challenge(device)

    expect(await eventsOf(device)).toEqual([])
  })
})

describe('the timeline of a user', () => {
  it('has the events of every device, also of one that was deleted', async () => {
    const device = await scenes.register()
    const { deviceId: other } = await scenes.registerFor(device.userId)
    await scenes.remove(device)
    await tell()

    const { body } = await invoke(eventsOfUser, { method: 'GET', userId: device.userId })

    const seen = body.events.map((one: { deviceId: string; type: string }) => [
      one.deviceId,
      one.type,
    ])
    expect(seen.toSorted()).toEqual(
      [
        [device.deviceId, 'created'],
        [device.deviceId, 'deleted'],
        [other, 'created'],
      ].toSorted(),
    )
  })

  it('is empty once the user is erased, and what the stream brings later is erased, too', async () => {
    const device = await scenes.register()
    await scenes.challenge(device)
    await tell()
    await scenes.guess(device)

    await invoke(deleteAll, { method: 'DELETE', userId: device.userId })
    const { body: before } = await ask(device)
    await tell()
    const { body: after } = await ask(device)

    expect([before.events, after.events]).toEqual([[], []])
  })

  it('stays of others whose events come with the erasure', async () => {
    const [erased, other] = [await scenes.register(), await scenes.register()]
    await invoke(deleteAll, { method: 'DELETE', userId: erased.userId })
    await scenes.challenge(other)

    expect(typesOf(await eventsOf(other))).toEqual(['created', 'challenged'])
    expect(await rowsNaming(erased.userId)).toEqual([])
  })

  it('leaves nothing that names an erased user, by a message either', async () => {
    const device = await scenes.register()
    const { body } = await scenes.challenge(device)
    const MessageSid = `SM${randomUUID().replaceAll('-', '')}`
    await scenes.sendCallback(device, body.challengeId, { MessageStatus: 'failed', MessageSid })
    await tell()
    const before = await rowsNaming(device.userId)

    await invoke(deleteAll, { method: 'DELETE', userId: device.userId })
    await tell()

    expect(before.map(({ subject }) => subject)).toContain(`message:${MessageSid}`)
    expect(await rowsNaming(device.userId)).toEqual([])
  })

  it.each([
    ['of nothing', 0],
    ['of its beginning', 1],
  ])('is erased of devices that were deleted before, told %s until then', async (_, told) => {
    const device = await scenes.register()
    await scenes.challenge(device)
    await scenes.remove(device)
    const records = scenes.engine.take()
    await tell(records.slice(0, told))
    await invoke(deleteAll, { method: 'DELETE', userId: device.userId })

    await tell(records.slice(told, told + 1))
    await tell(records.slice(told + 1))

    expect(await rowsNaming(device.userId)).toEqual([])
  })

  it('of a user who is there again stays where the erasure is told again', async () => {
    const device = await scenes.register()
    await invoke(deleteAll, { method: 'DELETE', userId: device.userId })
    const erasure = scenes.engine.take().map(record => secondsBefore(record, 2))
    await tell(erasure)
    const again = await scenes.registerFor(device.userId)
    await scenes.challenge(again)
    const events = typesOf(await eventsOf(again))

    await tell(erasure, { replay: { part: 'all' } })

    expect([events, typesOf(await eventsOf(again))]).toEqual([events, events])
    expect(events).toContain('challenged')
  })

  it('begins anew where an erased user is there again at once', async () => {
    const device = await scenes.register()
    await invoke(deleteAll, { method: 'DELETE', userId: device.userId })
    const again = await scenes.registerFor(device.userId)

    const events = await eventsOf(again)

    expect(typesOf(events)).toEqual(['created'])
  })

  it('is not brought back by records that are put in again', async () => {
    const device = await scenes.register()
    const kept = scenes.engine.take()
    await invoke(deleteAll, { method: 'DELETE', userId: device.userId })
    await tell()

    await tell(kept, { replay: { part: 'all' } })

    expect((await ask(device)).body.events).toEqual([])
  })
})

describe('where the table does not take a row', () => {
  it('a challenge is answered as ever, within a moment', async () => {
    process.env.OTP_TWILIO_COOLDOWN = '3600'
    const device = await scenes.register()
    await scenes.challenge(device)
    process.env.TRAFFIC_TABLE = 'there-is-none'
    vi.resetModules()
    const { handler } = await import('../../../functions/challenge.ts')

    const { status, body } = await invoke(handler, { ...device, body: {} })

    expect([status, body.code]).toEqual([429, 'cooldown'])
  })

  it('the batch comes again', async () => {
    await scenes.register()
    const Records = scenes.engine.take()
    process.env.TRAFFIC_TABLE = 'there-is-none'
    vi.resetModules()
    const { handler } = await import('../../../functions/audit.ts')

    const { batchItemFailures } = await handler({ Records })

    expect(batchItemFailures).toEqual([{ itemIdentifier: Records[0]?.dynamodb?.SequenceNumber }])
  })
})

// What admins do beside devices is told: an event and a line, with whom it was about, masked.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { foundIn, listen, logged } from '../../support/canaries.ts'
import { noon } from '../../support/device.ts'
import { startEventBus } from '../../support/event-bus.ts'
import { freezeAtNoon } from '../../support/frozen-clock.ts'
import { invoke, registerDevice } from '../../support/lambda.ts'

const bus = await startEventBus()
const load = async (name: string) => (await import(`../../../functions/${name}.ts`)).handler

freezeAtNoon()
beforeAll(listen)
beforeEach(() => {
  vi.stubEnv('OTP_EVENT_BUS', 'default')
  logged.length = 0
})
afterEach(() => {
  vi.unstubAllEnvs()
  bus.faults.length = 0
  bus.take()
})
afterAll(() => bus.close())

const number = '+447700900177'
const masked = '+44••••••••77'

describe('an admin act is an event and a line', () => {
  it.each([
    ['delete-limits', { number }, 'Limits Cleared', { number: masked }],
    ['delete-limits', { number: '\u2066(+44) 7700 900177' }, 'Limits Cleared', { number: masked }],
    ['delete-limits', {}, 'Limits Cleared', {}],
    ['delete-limits', { clientIp: '203.0.113.7' }, 'Limits Cleared', { clientIp: '203.0.•' }],
    [
      'delete-limits',
      { clientIp: '2001:db8:1:2:3:4:5:6' },
      'Limits Cleared',
      { clientIp: '2001:db8:1:2:•' },
    ],
    ['delete-limits', { userId: 'alice' }, 'Limits Cleared', { userId: 'alice' }],
    ['delete-suspensions', { country: 'CH' }, 'Suspension Lifted', { country: 'CH' }],
    ['delete-suspensions', { prefix: '+4420718' }, 'Suspension Lifted', { prefix: '+4420718' }],
    [
      'delete-suspensions',
      { prefix: number.slice(0, -1) },
      'Suspension Lifted',
      { prefix: '+44770090' },
    ],
    ['put-always-allow', { number }, 'Always Allowed', { number: masked }],
    ['delete-always-allow', { number }, 'Always Allow Ended', { number: masked }],
  ])('%s of %j', async (name, query, type, subject) => {
    const { status } = await invoke(await load(name), { query })

    const [event, ...more] = bus.take()
    const detail = {
      ...{ id: expect.any(String), stage: 'test', at: new Date(noon).toISOString() },
      ...{ actor: 'suite', subject },
    }
    expect([status, more]).toEqual([204, []])
    expect(event).toMatchObject({ DetailType: type, Source: 'serverless-otp-twilio' })
    expect(event?.Detail).toEqual(detail)
    expect(logged.join()).not.toContain('act_not_put')
    const line = logged.map(text => text.trim()).find(text => text.includes('admin act'))
    expect(JSON.parse(line ?? '')).toMatchObject({ act: type, ...detail })
    expect(foundIn(logged.join(), [number])).toEqual([])
  })

  it.each([
    [{ search: number }, { search: '+••••••••••77' }],
    [{ search: 'tel:+44 7700 900177' }, { search: 'tel:+•• •••• ••••77' }],
    [{ search: '900177' }, { search: '900177' }],
    [{ search: '9001771' }, { search: '•••••71' }],
    [{ search: 'a1b2c3d4e5f6a7' }, { search: 'a1b2c3d4e5f6a7' }],
    [{ search: 'auth0|5f2c9a' }, { search: 'auth0|5f2c9a' }],
    [{ state: 'locked' }, { state: 'locked' }],
    [{ number }, { number: masked }],
    [{}, {}],
  ])('a list of %j says of whom', async (query, subject) => {
    await invoke(await load('find-devices'), { method: 'GET', query })

    expect(bus.take().map(({ Detail }) => Detail.subject)).toEqual([subject])
    expect(foundIn(logged.join(), [number])).toEqual([])
  })

  it('is each page of the list, with how many it showed', async () => {
    const create = await load('create-device')
    await registerDevice(create, '+447700900178')
    await registerDevice(create, '+447700900178')
    const find = await load('find-devices')
    const query = { number: '+447700900178', limit: '1' }
    const { body } = await invoke(find, { method: 'GET', query })
    await invoke(find, { method: 'GET', query: { ...query, cursor: body.cursor } })

    expect(bus.take().map(({ DetailType, Detail }) => [DetailType, Detail.count])).toEqual([
      ['Devices Listed', 1],
      ['Devices Listed', 1],
    ])
  })
})

describe('without its event an act is done', () => {
  it.each(['throttles', 'denies', 'hangs'] as const)('where EventBridge %s', async fault => {
    bus.faults.push(fault, fault, fault)

    const { status } = await invoke(await load('delete-suspensions'), { query: { country: 'CH' } })

    expect(status).toBe(204)
    expect(logged.join()).toContain('admin act')
    expect(logged.join()).toContain('"act_not_put":1')
  })

  it('where there is no bus', async () => {
    vi.stubEnv('OTP_EVENT_BUS', 'off')

    const { status } = await invoke(await load('delete-suspensions'), { query: { country: 'CH' } })

    expect([status, bus.take()]).toEqual([204, []])
    expect(logged.join()).toContain('admin act')
  })

  it('but a refused one is none', async () => {
    await invoke(await load('delete-suspensions'), { query: {} })

    expect([bus.take(), logged.join().includes('admin act')]).toEqual([[], false])
  })
})

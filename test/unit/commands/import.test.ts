// Records of Django's dumpdata, and the devices that they become.
import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { deviceIdOf, importedDevice } from '../../../infra/commands/import/django.ts'
import { readDump } from '../../../infra/commands/import/dump.ts'
import { openProgress } from '../../../infra/commands/import/progress.ts'
import { isDisabled, verifyIsAllowed } from '../../../lib/device/throttle.ts'
import { throttleSettings } from '../../../lib/settings/throttle.ts'
import { noon } from '../../support/device.ts'

const model = 'otp_twilio.twiliosmsdevice'
const alice = {
  ...{ user: 7, name: 'phone', confirmed: true, number: '+14155552671' },
  ...{ token: '123456', valid_until: '2026-01-01T12:00:30Z' },
  ...{ throttling_failure_timestamp: null, throttling_failure_count: 0 },
}
const rules = {
  ...{ country: 'US', allowedCountries: null, allowedTypes: [], userPrefix: '' },
  ...{ factorMs: 1000, now: noon },
}

function imported(fields: object = {}, given: Partial<typeof rules> = {}) {
  const record = { model, pk: 1, fields: { ...alice, ...fields } }
  return importedDevice(record, { ...rules, ...given })
}

function deviceOf(fields: object = {}, given: Partial<typeof rules> = {}) {
  const found = imported(fields, given)
  if ('reason' in found) throw new Error(found.reason)
  return found.device
}

function reasonOf(fields: object, given: Partial<typeof rules> = {}) {
  const found = imported(fields, given)
  return 'reason' in found ? found.reason : 'imported'
}

describe('a dump', () => {
  const record = { model, pk: 1, fields: { name: 'a "}\n{" b', nested: { deep: [{}] } } }

  it.each([
    ['of one line', `[${JSON.stringify(record)}, ${JSON.stringify(record)}]`, [1, 1]],
    ['with indents', JSON.stringify([record, record], null, 2), [2, 14]],
    ['of lines', `${JSON.stringify(record)}\n${JSON.stringify(record)}\n`, [1, 2]],
    ['that begins with a mark', `\ufeff[${JSON.stringify(record)}]`, [1]],
    ['of nothing', '[]', []],
  ])('%s is read with the line of each record', (_, text, lines) => {
    const read = readDump(text)

    expect(read.map(({ line }) => line)).toEqual(lines)
    expect(read.map(({ place }) => place)).toEqual(lines.map((_, n) => n + 1))
    expect(read.every(one => JSON.stringify(one.record) === JSON.stringify(record))).toBe(true)
  })

  it('is read with records that have no pk, as --natural-primary leaves it out', () => {
    const user = { model: 'auth.user', fields: { username: 'alice' } }

    expect(readDump(JSON.stringify([user])).map(one => one.record)).toEqual([user])
  })

  it.each([
    ['<django-objects/>', 'Line 1 is no JSON of dumpdata.'],
    ['[\n{"model": "a", "pk"', 'The record of line 2 has no end: the file is cut off.'],
    ['[\n{"model": }]', 'Line 2 is no record of dumpdata: it has no model or fields.'],
    ['{"pk": 1, "fields": {}}', /^Line 1 is no record/],
    ['{"model": "a", "pk": 1, "fields": null}', /^Line 1 is no record/],
  ])('%j is refused by its line', (text, sentence) => {
    expect(() => readDump(text)).toThrow(sentence)
  })
})

describe('the id of a device', () => {
  it('is made of the persistent id alone, and never changes', () => {
    expect(deviceIdOf({ model, pk: 1 })).toBe('0f99a74e-cd2d-5247-bf9a-293dbea5699f')
    expect(deviceIdOf({ model: 'phonenumber.phonedevice', pk: 1 })).toBe(
      '8a998951-2f85-5d09-b743-2f27c3602d57',
    )
  })
})

describe('a device', () => {
  it('has what the record says, and neither token nor seed', () => {
    const device = deviceOf({ name: 'Jörg', key: 'a'.repeat(40), method: 'call' })

    expect(device).toMatchObject({
      ...{ userId: '7', name: 'Jörg', number: '+14155552671', country: 'US', confirmed: true },
      ...{ failures: 0, failedAt: 0, lockedUntil: 0n, pending: {}, createdAt: noon },
    })
    expect(inspect(device)).not.toMatch(/123456|aaaa/)
  })

  it.each([
    ['a primary key', 7, '7'],
    ['a natural key', ['alice'], 'alice'],
    ['a UUID', '6f0c5a52-7d0f-4a0e-9c55-6c1d5a4c1b7e', '6f0c5a52-7d0f-4a0e-9c55-6c1d5a4c1b7e'],
  ])('belongs to the user of %s', (_, user, userId) => {
    expect(deviceOf({ user }).userId).toBe(userId)
    expect(deviceOf({ user }, { userPrefix: 'shop|' }).userId).toBe(`shop|${userId}`)
  })

  it('has a national number by the country that is given', () => {
    expect(deviceOf({ number: '415-555-2672' }).number).toBe('+14155552672')
    expect(reasonOf({ number: '415-555-2672' }, { country: null as never })).toMatch(/^The number/)
  })
})

describe('failures', () => {
  const settings = throttleSettings({ OTP_TWILIO_THROTTLE_FACTOR: '1' })
  const failed = (count: number, at = '2026-01-01T11:59:59.500Z') => ({
    ...{ throttling_failure_count: count, throttling_failure_timestamp: at },
  })

  it('lock for as long as they did', () => {
    const device = deviceOf(failed(3))

    expect(device).toMatchObject({ failures: 3, failedAt: noon - 500, factorMs: 1000 })
    expect([device.lockedUntil, device.backoff]).toEqual([BigInt(noon + 3500), 8000n])
    expect(verifyIsAllowed(device, settings, noon)).toEqual({
      ...{ allowed: false, failureCount: 3, lockedUntil: noon + 3500 },
    })
  })

  it('are of a time in any zone', () => {
    expect(deviceOf(failed(1, '2026-01-01T17:29:59.500+05:30')).failedAt).toBe(noon - 500)
  })

  it.each([100, 2 ** 31])('%i of them disable the device', count => {
    const device = deviceOf(failed(count))

    expect(device.failures).toBe(100)
    expect(isDisabled(device, settings)).toBe(true)
    expect(String(device.backoff).length).toBeLessThanOrEqual(38)
  })

  it('that are none lock nothing, whatever time stands there', () => {
    expect(deviceOf(failed(0))).toMatchObject({ failures: 0, failedAt: 0, lockedUntil: 0n })
  })

  it.each([
    ['no time', null],
    ['a time without a zone', '2026-01-01T11:59:59.500'],
    ['no time at all', 'Z'],
  ])('with %s are not taken for none', (_, at) => {
    expect(reasonOf(failed(3, at as string))).toMatch(/its lock is not known/)
  })

  it.each([-1, 1.5, 'three', undefined])('%j is no count', count => {
    expect(reasonOf(failed(count as number))).toMatch(/is no count/)
  })
})

describe('a record cannot be imported', () => {
  it.each<[string, object, RegExp]>([
    ['a name over 128 bytes', { name: 'ü'.repeat(64).concat('é') }, /at most 64 characters/],
    ['a name of too many bytes', { name: '中'.repeat(43) }, /at most 128 bytes/],
    ['a name that is none', { name: null }, /must be text/],
    ['no number', { number: '' }, /number must be text/],
    ['a number that is none', { number: 'ask Bob' }, /not a possible phone number/],
    ['a confirmation that is none', { confirmed: null }, /confirmed/],
    ['a user whom no id fits', { user: ['Jörg Müller+test'] }, /cannot be a user id/],
    ['a user of two keys', { user: ['acme', 'alice'] }, /no key of one part/],
    ['no user', { user: null }, /no key of one part/],
  ])('with %s', (_, fields, reason) => {
    expect(reasonOf(fields)).toMatch(reason)
  })

  it.each([undefined, null, 1.5, [1, 2]])('whose pk is %j', pk => {
    const found = importedDevice({ model, pk, fields: alice }, rules)

    expect(found).toEqual({ reason: expect.stringMatching(/has no pk of a number or text/) })
  })

  it('of a country that the stage does not allow', () => {
    expect(reasonOf({}, { allowedCountries: ['DE'] as never })).toMatch(/country/)
  })

  it('of a number that costs too much', () => {
    expect(reasonOf({ number: '+881612345678' })).toMatch(/costs too much/)
  })
})

describe('progress', () => {
  function shownOf(isTTY: boolean, total: number) {
    const shown: string[] = []
    const step = openProgress({ isTTY, write: text => shown.push(text) }, total)
    for (let n = 0; n < total; n++) step()
    return shown.join('')
  }

  it('is a bar on a terminal, which ends its line', () => {
    expect(shownOf(true, 2)).toBe(
      `\r[${'#'.repeat(15)}${'.'.repeat(15)}] 1 of 2\r[${'#'.repeat(30)}] 2 of 2\n`,
    )
  })

  it('is at most ten lines elsewhere', () => {
    expect(shownOf(false, 1000).split('\n')).toHaveLength(11)
  })
})

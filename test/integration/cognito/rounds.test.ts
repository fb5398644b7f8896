// What the triggers make of a round and of an answer, by their log: what is asked of DynamoDB, what
// is waited for, and what is counted.
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { cognitoActor } from '../../../lib/cognito/device.ts'
import { deleteDevice, getDevice } from '../../../lib/device/store.ts'
import { listen, logged } from '../../support/canaries.ts'
import {
  type Created,
  idOf,
  keyOf,
  knownUser,
  loadTriggers,
  unknownUser,
  wait,
} from '../../support/cognito.ts'
import { by, itemOf, putDevice, signal } from '../../support/devices.ts'
import { startFaultyStore } from '../../support/faulty-service.ts'
import { readMetrics, sumsOf } from '../../support/metrics.ts'
import { startSsmStandIn } from '../../support/ssm-stand-in.ts'
import { endedWithin } from '../../support/stopped-clock.ts'
import { startTwilio } from '../../support/twilio.ts'

const twilio = await startTwilio()
const { direct, proxy } = await startFaultyStore()
listen()
let triggers: Awaited<ReturnType<typeof loadTriggers>>

beforeEach(async () => {
  vi.stubEnv('OTP_COGNITO_FLOOR', '0')
  vi.stubEnv('OTP_TWILIO_TOKEN_VALIDITY', '300')
  twilio.messages.length = 0
  logged.length = 0
  triggers = await loadTriggers()
})
afterEach(() => {
  vi.unstubAllEnvs()
  vi.useRealTimers()
  vi.restoreAllMocks()
})
afterAll(async () => {
  proxy.close()
  await twilio.close()
})

const token = () => twilio.messages.at(-1)!.body
const again = { clientMetadata: { resend: 'true' } }

/** The lines of a trigger that it ends with. */
const ends = (name: string) =>
  logged.map(line => JSON.parse(line)).filter(({ message, outcome }) => message === name && outcome)
const outcomes = (name: string) => ends(name).map(({ outcome }) => outcome)

/** What was asked of DynamoDB by the work. */
async function operationsOf(work: () => Promise<unknown>): Promise<string[]> {
  const before = proxy.operations.length
  await work()
  return proxy.operations.slice(before)
}

/** The outcomes of an operation that were counted. */
const counted = (operation: string) => sumsOf(readMetrics(logged), { service: 'test', operation })

describe('a round', () => {
  it('has the device of its user in the log, as it was made', async () => {
    const user = knownUser()

    await triggers.create(user)

    const { deviceId } = keyOf(user)
    expect(ends('cognito-create')).toMatchObject([{ outcome: 'sent', deviceId }])
    expect(await itemOf(direct, keyOf(user))).toMatchObject({
      ...{ name: 'Cognito', confirmed: false, actor: cognitoActor },
    })
    expect((await itemOf(direct, keyOf(user))).challenge).not.toHaveProperty('payload')
  })

  it('that is the first asks for nothing again, whatever the client says', async () => {
    const first = await triggers.create(knownUser(), again)

    expect(first.challengeMetadata).toBe(`challenge ${idOf(first)}`)
  })

  it('after a wrong answer is an attempt', async () => {
    const user = knownUser()
    const first = await triggers.create(user)

    const second = await triggers.create(user, { before: [first] })

    expect(second.challengeMetadata).toBe(`challenge ${idOf(first)}`)
    expect(second.publicChallengeParameters.state).toBe('pending')
  })

  it('does not write a device that is as the pool has it', async () => {
    const user = knownUser()
    await triggers.create(user)

    const operations = await operationsOf(() => triggers.create(user))

    expect(operations.filter(name => name === 'UpdateItem')).toHaveLength(1)
  })

  it('makes a new token where the last has expired, though it was asked for again', async () => {
    const user = knownUser()
    const first = await triggers.create(user)
    wait(301)

    const second = await triggers.create(user, { before: [first], ...again })

    expect(outcomes('cognito-create')).toEqual(['sent', 'sent'])
    expect(await triggers.verify(user, second, token())).toBe(true)
    const { challenge } = await itemOf(direct, keyOf(user))
    expect(challenge).not.toHaveProperty('firstId')
  })

  it('of a new sign-in makes a new token once the cooldown is over', async () => {
    const user = knownUser()
    const first = await triggers.create(user)
    wait(21)

    const second = await triggers.create(user)

    expect(idOf(second)).toMatch(/^[\w-]{10}$/)
    expect(idOf(second)).not.toBe(idOf(first))
    expect((await itemOf(direct, keyOf(user))).challenge).not.toHaveProperty('firstId')
    const later = await triggers.create(user, { before: [first] })
    expect(later.publicChallengeParameters.state).toBe('replaced')
  })

  it('has no id where no token lives, and shows the state of the last challenge', async () => {
    vi.stubEnv('OTP_TWILIO_LIMIT_USER', '1/86400')
    const user = knownUser()
    await triggers.create(user)
    wait(301)

    const refused = await triggers.create(user)
    const next = await triggers.create(user, { before: [refused] })

    expect([idOf(refused), idOf(next)]).toEqual(['', ''])
    expect(next.publicChallengeParameters.state).toBe('expired')
    expect(counted('challenge')).toEqual({ limit_reached: 1 })
  })

  it('of a device that was deleted meanwhile says so', async () => {
    const user = knownUser()
    const first = await triggers.create(user)
    await deleteDevice(direct, keyOf(user), by, signal)

    const second = await triggers.create(user, { before: [first] })

    expect(second.publicChallengeParameters.state).toBe('device_not_found')
    expect(idOf(second)).toBe(idOf(first))
  })

  it('of a disabled device sends nothing', async () => {
    vi.stubEnv('OTP_TWILIO_MAX_FAILURES', '1')
    const user = knownUser()
    await triggers.verify(user, await triggers.create(user), '000000')
    wait(21)

    await triggers.create(user)

    expect(outcomes('cognito-create')).toEqual(['sent', 'device_disabled'])
    expect(twilio.messages).toHaveLength(1)
  })

  it('makes no device of a country that is not allowed', async () => {
    vi.stubEnv('OTP_TWILIO_ALLOWED_COUNTRIES', 'DE')
    const user = knownUser()

    await triggers.create(user)

    expect(await getDevice(direct, keyOf(user), signal)).toBeNull()
  })

  it('takes no number that as many have confirmed as may', async () => {
    vi.stubEnv('OTP_TWILIO_DEVICES_PER_NUMBER', '1')
    const taken = '+15555550188'
    await putDevice(direct, { number: taken, confirmed: true })
    const user = knownUser({ phone_number: '+15555550187' })
    await triggers.create(user)
    const userAttributes = { ...user.userAttributes, phone_number: taken }

    await triggers.create({ ...user, userAttributes })

    expect(outcomes('cognito-create')).toEqual(['sent', 'too_many_devices'])
    expect((await itemOf(direct, keyOf(user))).number).toBe('+15555550187')
  })

  it('with a bad setting of Cognito sends nothing, and is as one by SMS alone', async () => {
    vi.stubEnv('OTP_COGNITO_FLOW', 'maybe')
    const user = knownUser()

    const created = await triggers.create(user)

    expect(outcomes('cognito-create')).toEqual(['not_configured'])
    expect([twilio.messages, idOf(created)]).toEqual([[], ''])
    expect(created.publicChallengeParameters).toEqual({
      tokenLength: '6',
      number: expect.stringMatching(/^•{9}\d\d$/),
    })
  })
})

describe('by SMS alone', () => {
  beforeEach(() => vi.stubEnv('OTP_COGNITO_FLOW', 'sms'))

  it('a later round reads nothing, and is of the same challenge', async () => {
    const user = knownUser()
    const first = await triggers.create(user)
    let later: Created | undefined

    const operations = await operationsOf(async () => {
      later = await triggers.create(user, { before: [first] })
    })

    expect(operations).toEqual([])
    expect(idOf(later!)).toBe(idOf(first))
    expect(outcomes('cognito-create')).toEqual(['sent', 'pending'])
  })

  it('nothing is shown where the secrets cannot be read', async () => {
    const ssm = await startSsmStandIn()
    ssm.behave = () => 'throttles'
    vi.stubEnv('AWS_ENDPOINT_URL_SSM', ssm.url)
    vi.stubEnv('OTP_SSM_PATH', '/otp')
    triggers = await loadTriggers()

    const shown = [await triggers.create(knownUser()), await triggers.create(unknownUser())]

    expect(shown.map(one => one.publicChallengeParameters)).toEqual([{}, {}])
    await ssm.goDown()
  })

  it('a right answer, and the wish for the message, wait for no floor', async () => {
    const user = knownUser()
    const created = await triggers.create(user)
    vi.stubEnv('OTP_COGNITO_FLOOR', '3000')

    const said = await endedWithin(0, async () => [
      await triggers.verify(user, created, '', again.clientMetadata),
      await triggers.verify(user, created, token()),
    ])

    expect(said).toEqual([false, true])
    expect(outcomes('cognito-verify')).toEqual(['resend', 'accepted'])
  })
})

describe('an answer', () => {
  it('that is wrong waits for no floor after the password', async () => {
    const user = knownUser()
    const created = await triggers.create(user)
    vi.stubEnv('OTP_COGNITO_FLOOR', '3000')

    expect(await endedWithin(0, () => triggers.verify(user, created, '000000'))).toBe(false)
    const { deviceId } = keyOf(user)
    expect(ends('cognito-verify')).toMatchObject([{ outcome: 'rejected', deviceId }])
    expect(counted('verify')).toEqual({ invalid_token: 1 })
  })

  it('of a newer challenge is neither right nor counted for the one before it', async () => {
    const user = knownUser()
    const first = await triggers.create(user)
    wait(21)
    await triggers.create(user)

    expect(await triggers.verify(user, first, token())).toBe(false)
    expect(outcomes('cognito-verify')).toEqual(['replaced'])
    expect((await itemOf(direct, keyOf(user))).failures).toBe(0)
  })

  it('to a challenge whose id is not known is right for the last one', async () => {
    const user = knownUser()
    const { privateChallengeParameters: known, ...created } = await triggers.create(user)
    const unknown = { ...created, privateChallengeParameters: { ...known, challengeId: '' } }

    expect(await triggers.verify(user, unknown, token())).toBe(true)
    expect(counted('verify')).toEqual({ ok: 1 })
  })

  it.each(['nonce', 'userId', 'deviceId'])('without its %s is nobody’s', async missing => {
    const user = knownUser()
    const { privateChallengeParameters: known, ...created } = await triggers.create(user)
    const { [missing]: _, ...private_ } = known
    const spoilt = { ...created, privateChallengeParameters: private_ }

    const operations = await operationsOf(() => triggers.verify(user, spoilt, token()))

    expect(outcomes('cognito-verify')).toEqual(['no_device'])
    expect(operations).toEqual([])
  })

  it('of a name that is not found is nobody’s', async () => {
    const user = knownUser()
    const created = await triggers.create(user)

    const operations = await operationsOf(() =>
      triggers.verify({ ...user, userNotFound: true }, created, token()),
    )

    expect([outcomes('cognito-verify'), operations]).toEqual([['no_device'], []])
  })

  it('of more than 64 characters is not looked at', async () => {
    const user = knownUser()
    const created = await triggers.create(user)

    await triggers.verify(user, created, '0'.repeat(64))
    await triggers.verify(user, created, '0'.repeat(65))

    expect(outcomes('cognito-verify')).toEqual(['rejected', 'too_long'])
  })

  it('says in the log that nothing could be known', async () => {
    const user = knownUser()
    const created = await triggers.create(user)
    proxy.faults.push('lose request', 'lose request', 'lose request', 'lose request')

    await triggers.verify(user, created, token())

    expect(outcomes('cognito-verify')).toEqual(['unavailable'])
    proxy.faults.length = 0
  })

  it.each([
    ['https://otp.example', true],
    ['', false],
  ])('keeps what a proof needs where %j signs some: %s', async (issuer, isKept) => {
    vi.stubEnv('OTP_PROOF_ISSUER', issuer)
    const user = knownUser()
    const created = await triggers.create(user)

    await triggers.verify(user, created, token())

    const { attempts } = await itemOf(direct, keyOf(user))
    expect('was1' in attempts).toBe(isKept)
  })
})

// What strangers cannot do to the owner of a number: sign-ups in other people's names fill limits
// and suspend prefixes, and whoever has shown that a number is theirs is sent to all the same.
import { randomInt } from 'node:crypto'
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { noon } from '../../support/device.ts'
import { type SceneDevice, startScenes } from '../../support/scenes.ts'
import { setEnvironment } from '../../support/set-environment.ts'

const scenes = await startScenes()
const [update, traffic] = await Promise.all([
  import('../../../functions/update-device.ts'),
  import('../../../functions/traffic.ts'),
])
const { invoke } = await import('../../support/lambda.ts')
const settings = { ...process.env }
let now = noon
let hundred = 100
let prefix = ''

beforeEach(() => {
  // A day and a prefix of its own for each test, and the rest as shipped.
  now += 86_400_000
  hundred += 1
  prefix = `+44207${hundred}`
  vi.useFakeTimers({ toFake: ['Date'], now })
  scenes.engine.take()
  Object.assign(process.env, {
    OTP_TWILIO_TOKEN_VALIDITY: '300',
    OTP_TWILIO_BREAKER_PREFIX: '6/30/3600',
    OTP_TWILIO_ESTABLISHED_SHARE: '50',
  })
})

afterEach(() => {
  vi.useRealTimers()
  setEnvironment(settings)
})

afterAll(scenes.close)

function pass(seconds: number): void {
  now += seconds * 1000
  vi.setSystemTime(now)
}

const numberOf = (of = prefix) => `${of}${randomInt(1000, 10_000)}`
const readStream = () => traffic.handler({ Records: scenes.engine.take() })

/** Somebody who has verified a token for their number. */
async function registerOwner(number = numberOf()): Promise<SceneDevice> {
  const owner = await scenes.register(number)
  await scenes.challenge(owner)
  await scenes.verify(owner)
  return owner
}

/** Challenges of new devices, each of a user of its own; `numbers` are taken in turn. */
async function signUp(count: number, numbers: () => string = numberOf): Promise<void> {
  for (let n = 0; n < count; n++) await scenes.challenge(await scenes.register(numbers()))
}

const patch = (device: SceneDevice, body: object) => invoke(update.handler, { ...device, body })

async function answerOf(device: SceneDevice, body: object = {}) {
  const { status, body: answer } = await scenes.challenge(device, body)
  return status === 200 ? 200 : `${status} ${answer.code} ${answer.limit ?? answer.suspended ?? ''}`
}

/** Sign-ups that nobody verifies: as many as suspend a prefix. */
async function suspendPrefix(): Promise<void> {
  await signUp(6)
  pass(100)
  await signUp(1)
  await readStream()
  expect(await answerOf(await scenes.register(numberOf()))).toBe('429 suspended prefix')
}

describe('a prefix that strangers have suspended', () => {
  it('is open to the owner who has verified 90 seconds before', async () => {
    const owner = await registerOwner()
    await suspendPrefix()

    expect(await answerOf(owner)).toBe(200)
  })

  it('is open to the owner who asks for the same token again', async () => {
    const owner = await registerOwner()
    await suspendPrefix()
    await scenes.challenge(owner)

    expect(await answerOf(owner, { resend: true })).toBe(200)
  })

  it('is open to the owner through five messages, and no more', async () => {
    const owner = await registerOwner()
    await suspendPrefix()

    const answers = []
    for (let n = 0; n < 6; n++) answers.push(await answerOf(owner))

    expect(answers).toEqual([200, 200, 200, 200, 200, '429 suspended prefix'])
  })

  it('is open to the owner again after a token of theirs', async () => {
    const owner = await registerOwner()
    for (let n = 0; n < 7; n++) await scenes.challenge(owner)
    await scenes.verify(owner)
    await suspendPrefix()

    expect(await answerOf(owner)).toBe(200)
  })

  it('is shut to the owner whose days are over', async () => {
    process.env.OTP_ESTABLISHED_DAYS = '1'
    const owner = await registerOwner()
    pass(86_400)
    await suspendPrefix()

    expect(await answerOf(owner)).toBe('429 suspended prefix')
  })

  it('is shut to a device that a caller has confirmed', async () => {
    const device = await scenes.register(numberOf())
    await patch(device, { confirmed: true })
    await suspendPrefix()

    expect(await answerOf(device)).toBe('429 suspended prefix')
  })

  it('is shut to an owner of another number that moves into it', async () => {
    const owner = await registerOwner('+33612345678')
    await suspendPrefix()
    const { body } = await patch(owner, { number: numberOf(), confirmed: true })

    expect(body.confirmed).toBe(true)
    expect(await answerOf(owner)).toBe('429 suspended prefix')
  })

  it('is not suspended by owners who verify nothing', async () => {
    for (let n = 0; n < 3; n++) {
      const owner = await registerOwner()
      for (let sends = 0; sends < 5; sends++) await scenes.challenge(owner)
    }
    pass(100)
    await signUp(1)
    await readStream()

    expect(await answerOf(await scenes.register(numberOf()))).toBe(200)
  })

  it('is not kept open by owners who verify everything', async () => {
    const owner = await registerOwner()
    for (let n = 0; n < 10; n++) {
      await scenes.challenge(owner)
      await scenes.verify(owner)
    }

    await suspendPrefix()

    expect(await answerOf(await scenes.register(numberOf()))).toBe('429 suspended prefix')
  })
})

describe('a limit that strangers have filled', () => {
  it('a number’s leaves its owner what an owner has to themselves', async () => {
    process.env.OTP_TWILIO_LIMIT_NUMBER = '5/600,20/86400'
    const owner = await registerOwner()
    await signUp(6, () => owner.number)

    expect(await answerOf(await scenes.register(owner.number))).toBe('429 limit_reached number')
    expect(await answerOf(owner)).toBe(200)
  })

  it('a day’s of a number leaves its owner what an owner has to themselves', async () => {
    process.env.OTP_TWILIO_LIMIT_NUMBER = '5/600,10/86400'
    const owner = await registerOwner()
    for (let n = 0; n < 3; n++) {
      await signUp(5, () => owner.number)
      pass(600)
    }

    expect(await answerOf(await scenes.register(owner.number))).toBe('429 limit_reached number')
    expect(await answerOf(owner)).toBe(200)
  })

  it('a deployment’s leaves owners their share', async () => {
    process.env.OTP_TWILIO_LIMIT_DEPLOYMENT = '20/60'
    const owner = await registerOwner('+33612345679')
    pass(60)
    await signUp(11)

    expect(await answerOf(await scenes.register(numberOf()))).toBe('429 limit_reached deployment')
    expect(await answerOf(owner)).toBe(200)
  })

  it('a country’s leaves owners their share', async () => {
    process.env.OTP_TWILIO_LIMIT_COUNTRY = '20/86400'
    const owner = await registerOwner()
    await signUp(11)

    expect(await answerOf(await scenes.register(numberOf()))).toBe('429 limit_reached country')
    expect(await answerOf(owner)).toBe(200)
  })
})

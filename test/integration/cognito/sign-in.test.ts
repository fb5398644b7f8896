// An unmodified client of Cognito signs in, through a stand-in of a user pool that calls the real
// triggers as Cognito does: once, twice or three times, at once and in turn, and after it has
// waited too long.
import { randomUUID } from 'node:crypto'
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { PoolUser } from '../../../infra/local/cognito/pool.ts'
import { startCognitoStandIn } from '../../../infra/local/cognito/stand-in.ts'
import type { Repetition } from '../../../infra/local/cognito/triggers.ts'
import type { StandInAnswer } from '../../../infra/local/twilio/messages.ts'
import { deviceKey } from '../../../lib/cognito/device.ts'
import { userPoolId } from '../../support/cognito.ts'
import { openClient, type Told } from '../../support/cognito-client.ts'
import { itemOf } from '../../support/devices.ts'
import type { Fault } from '../../support/fault-proxy.ts'
import { startFaultyStore } from '../../support/faulty-service.ts'
import { startTwilio } from '../../support/twilio.ts'

let answers: StandInAnswer[] = []
const twilio = await startTwilio(() => answers.shift())
let plan: () => Fault | undefined = () => undefined
const { direct, proxy } = await startFaultyStore({ plan: () => plan() })
process.env.OTP_COGNITO_FLOOR = '0'
process.env.OTP_TWILIO_TOKEN_VALIDITY = '300'

type Handler = (event: never) => Promise<unknown>
const load = async (name: string): Promise<Handler> =>
  (await import(`../../../functions/${name}.ts`)).handler
const handlers = Object.fromEntries(
  await Promise.all(
    ['cognito-define', 'cognito-create', 'cognito-verify'].map(
      async name => [name, await load(name)] as const,
    ),
  ),
)

const users: PoolUser[] = []
let repeat: Repetition = { times: 1, how: 'in turn' }
/** Calls that answer too late, by function. */
let late: Record<string, number> = {}
let called: string[] = []
const waitMs = 1_000
const pool = await startCognitoStandIn({
  userPoolId,
  clientId: 'client',
  users,
  waitMs,
  repeat: () => repeat,
  async invoke(name, event) {
    called.push(name)
    const answer = await handlers[name]!(event as never)
    const isLate = (late[name] ?? 0) > 0
    if (!isLate) return answer
    late[name]! -= 1
    return new Promise(() => {})
  },
})

beforeEach(() => {
  twilio.messages.length = 0
  twilio.requests.length = 0
  called = []
})
afterEach(() => {
  answers = []
  plan = () => undefined
  repeat = { times: 1, how: 'in turn' }
  late = {}
  vi.unstubAllEnvs()
})
afterAll(async () => {
  proxy.close()
  await Promise.all([pool.close(), twilio.close()])
})

/** A new user of the pool. */
function newUser(): PoolUser {
  const sub = randomUUID()
  const number = { phone_number: '+15555550100', phone_number_verified: 'true' }
  const user = {
    userName: `user-${sub}`,
    password: 'correct horse',
    attributes: { sub, ...number },
  }
  users.push(user)
  return user
}

const deviceOf = ({ attributes }: PoolUser) =>
  itemOf(direct, deviceKey(userPoolId, attributes.sub!))
const token = () => twilio.messages.at(-1)!.body

/** A client of its own. */
const clientOf = (userName: string) =>
  openClient({ userPoolId, clientId: 'client', endpoint: pool.url }, userName)

const incorrect = 'Incorrect username or password.'

describe('by password and SMS', () => {
  it('a user signs in', async () => {
    const user = newUser()
    const client = clientOf(user.userName)

    const asked = await client.byPassword(user.password)
    const told = await client.answer(token())

    expect(asked.parameters).toMatchObject({ state: 'sent', number: '+1••••••••00' })
    expect(told).toEqual({ isSignedIn: true })
    expect(called).toEqual([
      ...['cognito-define', 'cognito-define', 'cognito-create'],
      ...['cognito-verify', 'cognito-define'],
    ])
  })

  it('a wrong password sends nothing', async () => {
    const told = await clientOf(newUser().userName).byPassword('wrong')

    expect(told).toEqual({ error: incorrect })
    expect(twilio.requests).toEqual([])
  })

  it('a client that leaves the password out gets nothing', async () => {
    const told = await clientOf(newUser().userName).bySms()

    expect(told).toEqual({ error: incorrect })
    expect(twilio.requests).toEqual([])
  })

  it('a wrong answer leaves two more, and the right one is taken', async () => {
    const user = newUser()
    vi.stubEnv('OTP_TWILIO_THROTTLE_FACTOR', '0')
    const client = clientOf(user.userName)
    await client.byPassword(user.password)

    const first = await client.answer('000000')
    const then = await client.answer(token())

    expect(first.parameters).toMatchObject({ state: 'pending', attemptsLeft: '2' })
    expect(then).toEqual({ isSignedIn: true })
  })

  it('three wrong answers end it', async () => {
    const user = newUser()
    const client = clientOf(user.userName)
    await client.byPassword(user.password)
    await client.answer('000000')
    await client.answer('000001')

    expect(await client.answer('000002')).toEqual({ error: incorrect })
  })

  it('asking again is no answer, and ends with the rounds', async () => {
    vi.stubEnv('OTP_COGNITO_ROUNDS', '4')
    const user = newUser()
    const client = clientOf(user.userName)
    await client.byPassword(user.password)

    const again = [1, 2, 3].map(() => () => client.answer(token(), { resend: 'true' }))
    const told: Told[] = []
    for (const ask of again) told.push(await ask())

    expect(told.map(({ parameters }) => parameters?.attemptsLeft)).toEqual(['3', '3', '3'])
    expect(await client.answer('', { resend: 'true' })).toEqual({ error: incorrect })
    expect((await deviceOf(user)).failures).toBe(0)
  })
})

describe('by SMS alone', () => {
  beforeEach(() => vi.stubEnv('OTP_COGNITO_FLOW', 'sms'))

  it('a user signs in', async () => {
    const client = clientOf(newUser().userName)

    await client.bySms()

    expect(await client.answer(token())).toEqual({ isSignedIn: true })
  })

  it('a client that brings a password gets nothing', async () => {
    const user = newUser()

    expect(await clientOf(user.userName).byPassword(user.password)).toEqual({ error: incorrect })
  })

  it('an unknown name is asked as often as a known one, and ends alike', async () => {
    const ends = await Promise.all(
      [newUser().userName, `nobody-${randomUUID()}`].map(async name => {
        const client = clientOf(name)
        const told = [await client.bySms()]
        for (const answer of ['000000', '000001', '000002']) told.push(await client.answer(answer))
        return told.map(({ parameters, error }) => error ?? Object.keys(parameters ?? {}))
      }),
    )

    expect(ends[0]).toEqual(ends[1])
    expect(ends[0]?.at(-1)).toBe(incorrect)
  })
})

const repetitions: Repetition[] = [
  { times: 2, how: 'in turn' },
  { times: 3, how: 'in turn' },
  { times: 2, how: 'at once' },
  { times: 3, how: 'at once' },
]

describe('by password and SMS, however often a trigger is called', () => {
  it.each(repetitions)('$times times $how, one SMS signs in', async repetition => {
    repeat = repetition
    const user = newUser()
    const client = clientOf(user.userName)
    await client.byPassword(user.password)

    const told = await client.answer(token())

    expect(told).toEqual({ isSignedIn: true })
    expect(twilio.messages).toHaveLength(1)
  })

  it('with the answer of Twilio lost, the SMS that came signs in', async () => {
    repeat = { times: 3, how: 'in turn' }
    answers = [{ fault: 'reset' }]
    const user = newUser()
    const client = clientOf(user.userName)
    const asked = await client.byPassword(user.password)

    expect(asked.parameters?.state).toBe('cooldown')
    expect(twilio.requests).toHaveLength(1)
    const sent = twilio.requests[0]!.form.Body!
    expect(await client.answer(sent)).toEqual({ isSignedIn: true })
  })
})

// By SMS alone, whose challenges are the same: a password costs its client more time than all else.
describe('however often a trigger is called, or however late', () => {
  beforeEach(() => vi.stubEnv('OTP_COGNITO_FLOW', 'sms'))

  it.each(repetitions)('$times times $how, a wrong answer counts once', async repetition => {
    const user = newUser()
    const client = clientOf(user.userName)
    await client.bySms()
    repeat = repetition

    await client.answer('000000')

    expect((await deviceOf(user)).failures).toBe(1)
  })

  it.each(['cognito-create', 'cognito-verify'])(
    'two answers of %s that come too late change nothing',
    async name => {
      late = { [name]: 2 }
      const user = newUser()
      const client = clientOf(user.userName)
      await client.bySms()

      const told = await client.answer(token())

      expect(told).toEqual({ isSignedIn: true })
      expect(called.filter(one => one === name)).toHaveLength(3)
      expect(twilio.messages).toHaveLength(1)
    },
  )

  it('with every third answer of DynamoDB lost, one SMS signs in', async () => {
    repeat = { times: 3, how: 'in turn' }
    let n = 0
    plan = () => (n++ % 3 === 1 ? 'lose answer' : undefined)
    const user = newUser()
    const client = clientOf(user.userName)
    await client.bySms()

    const told = await client.answer(token())

    expect(told).toEqual({ isSignedIn: true })
    expect(twilio.messages).toHaveLength(1)
  })

  it('no token serves two sign-ins, at once or one after the other', async () => {
    const user = newUser()
    const clients = [1, 2, 3].map(() => clientOf(user.userName))
    for (const client of clients) await client.bySms()
    const answer = token()

    const atOnce = await Promise.all(clients.slice(0, 2).map(client => client.answer(answer)))
    const after = await clients[2]!.answer(answer)

    expect(twilio.messages).toHaveLength(1)
    expect([...atOnce, after].filter(({ isSignedIn }) => isSignedIn)).toHaveLength(1)
  })
})

// Many verifications at once over a line that loses a quarter of the answers and a tenth of the
// requests. The proxy knows which writes the engine applied; what the callers were answered is held
// against that.
import { randomInt } from 'node:crypto'
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest'
import { challenge, putDevice, settingsOf } from '../../support/devices.ts'
import { freshVerify, startFaultyStore } from '../../support/faulty-service.ts'
import { figure } from '../../support/figures.ts'
import { invoke } from '../../support/lambda.ts'
import { isLong, trials } from '../../support/runs.ts'

/** How often each attempt's write was applied, by the attempt's own name. */
const applied = new Map<string, number>()
const { direct, proxy } = await startFaultyStore({
  plan: () => {
    const percent = randomInt(100)
    return percent < 25 ? 'lose answer' : percent < 35 ? 'lose request' : undefined
  },
  watch: ({ operation, input, status }) => {
    if (operation !== 'UpdateItem' || status !== 200) return
    const name = JSON.parse(input).ExpressionAttributeValues[':attempt'].S
    applied.set(name, (applied.get(name) ?? 0) + 1)
  },
})
let verify: Awaited<ReturnType<typeof freshVerify>>

afterEach(() => vi.unstubAllEnvs())
afterAll(() => proxy.close())

/** Attempts at one device at once: one or two with the right token, the others with wrong ones. */
async function round(factor: string, { rights, size }: { rights: number; size: number }) {
  const settings = settingsOf({ THROTTLE_FACTOR: factor, TOKEN_VALIDITY: 300 })
  const device = await putDevice(direct, { factorMs: settings.throttle.factorMs })
  const token = await challenge(direct, device, { now: Date.now(), settings })
  const first = randomInt(size)
  const answers = await Promise.all(
    [...Array(size).keys()].map(async place => {
      const isRight = (place + first) % size < rights
      const body = { token: isRight ? token : `wrong ${place}` }
      return { isRight, status: (await invoke(verify, { ...device, body })).status }
    }),
  )
  const statuses = (isRight: boolean) =>
    answers.filter(answer => answer.isRight === isRight).map(({ status }) => status)
  return { right: statuses(true), wrong: statuses(false) }
}

type Round = Awaited<ReturnType<typeof round>>

/** Alone, a retry finds what its own first try left; in a crowd, what the others did meanwhile. */
const rounds = [1, 2, 4, 8, 1, 2, 4, 8].map((size, i) => ({
  size,
  rights: Math.min(size, i < 4 ? 1 : 2),
}))
const attemptsOfAllRounds = 30

/** No other request can have used the token of a round in which it was presented once. */
function calledInvalid({ right }: Round): boolean {
  const refused = right.filter(status => status === 403).length
  return refused > right.length - 1
}

const count = <T>(all: T[], holds: (one: T) => boolean) => all.filter(holds).length

describe.each(['0', '0.1', '1'])('at factor %s', factor => {
  it('every attempt has its true result, once', {
    timeout: 600_000,
  }, async () => {
    vi.stubEnv('OTP_TWILIO_THROTTLE_FACTOR', factor)
    applied.clear()
    const n = trials({ sample: 90, long: 10_000 })
    const ended: Round[] = []
    for (let made = 0; made < n; made += 3 * attemptsOfAllRounds) {
      // The SDK's retry quota does not outlast many batches, and the retries are what is looked at
      // here.
      verify = await freshVerify()
      const batch = [...rounds, ...rounds, ...rounds].map(kind => round(factor, kind))
      ended.push(...(await Promise.all(batch)))
    }

    const statuses = ended.flatMap(({ right, wrong }) => [...right, ...wrong])
    const found = {
      'accepted twice': count(ended, ({ right }) => count(right, status => status === 200) > 1),
      'counted or consumed twice': count([...applied.values()], times => times > 1),
      'a right token called invalid': count(ended, calledInvalid),
      'a wrong token accepted': count(
        ended.flatMap(({ wrong }) => wrong),
        status => status === 200,
      ),
      'another answer than 200, 403, 429 or 503': count(
        statuses,
        status => ![200, 403, 429, 503].includes(status),
      ),
    }

    for (const [claim, violations] of Object.entries(found)) {
      const named = `factor ${factor}, 25 % of answers and 10 % of requests lost: ${claim}`
      figure({ claim: named, trials: statuses.length, violations })
    }
    expect(Object.values(found)).toEqual([0, 0, 0, 0, 0])
    expect(count(statuses, status => status === 200)).toBeGreaterThan(0)
    if (isLong) expect(statuses.length).toBeGreaterThanOrEqual(10_000)
  })
})

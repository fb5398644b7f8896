// What every trigger does around its own work: its deadlines, its log and its preparation.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type Ground, trigger } from '../../../lib/cognito/trigger.ts'
import { Problem } from '../../../lib/problem.ts'

let lines: string[]
beforeEach(() => {
  lines = []
  vi.spyOn(process.stdout, 'write').mockImplementation(line => lines.push(String(line)) > 0)
  vi.spyOn(process.stderr, 'write').mockImplementation(line => lines.push(String(line)) > 0)
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
})
afterEach(() => {
  vi.restoreAllMocks()
  vi.useRealTimers()
})

const event = { response: {} }

function handlerOf(work: (ground: Ground) => Promise<string>) {
  return trigger<{ response: object }>('cognito-create', async (_, ground) => ({
    response: {},
    outcome: await work(ground),
  }))
}

it('ends at 4.3 seconds, whatever ignores that it was aborted', async () => {
  let outcome = ''
  const handler = handlerOf(async ground => {
    outcome = await ground.settle(() => new Promise<string>(() => {}), String)
    return outcome
  })
  void handler(event)

  await vi.advanceTimersByTimeAsync(4_299)
  const before = outcome
  await vi.advanceTimersByTimeAsync(1)

  expect([before, outcome]).toEqual(['', 'unavailable'])
})

it('has one deadline for all that it does in turn', async () => {
  const outcomes: string[] = []
  const handler = handlerOf(async ground => {
    for (let n = 0; n < 3; n++) {
      outcomes.push(await ground.settle(() => new Promise<string>(() => {}), String))
    }
    await ground.notBefore(60_000)
    return outcomes.join()
  })

  const ended = handler(event)
  await vi.advanceTimersByTimeAsync(4_400)

  await expect(ended).resolves.toEqual(event)
  expect(outcomes).toEqual(['unavailable', 'unavailable', 'unavailable'])
})

it('aborts what is on its way 0.6 seconds before', async () => {
  const asked = vi.spyOn(AbortSignal, 'timeout')

  await handlerOf(async ({ signal }) => String(signal.aborted))(event)

  expect(asked.mock.calls).toEqual([[3_700]])
})

describe('the log', () => {
  const logged = () => lines.map(line => JSON.parse(line))
  /** Runs a trigger whose work fails so, and returns what it made of that. */
  async function failing(error: unknown): Promise<string> {
    let outcome = ''
    await handlerOf(async ({ settle }) => {
      outcome = await settle(() => Promise.reject(error), String)
      return outcome
    })(event)
    return outcome
  }

  it('has what became of a call, and how long it took', async () => {
    await vi.advanceTimersByTimeAsync(1_000)
    await handlerOf(async () => {
      await vi.advanceTimersByTimeAsync(70)
      return 'sent'
    })(event)

    expect(logged()).toMatchObject([
      { level: 'INFO', message: 'cognito-create', outcome: 'sent', durationMs: 70 },
    ])
  })

  it('has the sentence of a bad setting, which names it', async () => {
    const code = await failing(new Problem('not_configured', 'OTP_X must be a number.'))

    expect(code).toBe('not_configured')
    expect(logged()[0]).toMatchObject({ level: 'ERROR', code, detail: 'OTP_X must be a number.' })
    expect(logged()[0].error).toMatchObject({ name: 'Problem' })
  })

  it.each([
    [new Problem('unavailable', 'canary'), 'unavailable'],
    [new TypeError('canary'), 'internal_error'],
  ])('has no other sentence: %o', async (error, code) => {
    expect(await failing(error)).toBe(code)
    expect(logged()[0]).toMatchObject({ level: 'ERROR', message: 'cognito-create', code })
    expect(lines.join('')).not.toContain('canary')
  })
})

it('leaves no timer behind', async () => {
  await handlerOf(({ settle }) => settle(async () => 'sent', String))(event)

  expect(vi.getTimerCount()).toBe(0)
})

it('prepares what the first call needs, and fails at nothing', async () => {
  const prepare = vi.fn(async (_: AbortSignal) => Promise.reject(new Error('canary')))
  const { prepare: prepareFirst } = trigger(
    'cognito-create',
    async () => ({ response: {}, outcome: '' }),
    prepare,
  )

  await expect(prepareFirst()).resolves.toHaveLength(2)
  expect(prepare.mock.calls).toEqual([[expect.any(AbortSignal)]])
})

// What every trigger does around its own work: its deadlines.
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { type Ground, trigger } from '../../../lib/cognito/trigger.ts'

beforeEach(() => {
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

// Drawn histories, through the real handlers and a real engine, against the model of
// test/model/device.ts.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { create, lookAtAll, steps } from '../../model/commands.ts'
import { startHistory } from '../../model/history.ts'
import { answered } from '../../model/service.ts'
import { figure } from '../../support/figures.ts'
import { hold, propertyMs } from '../../support/property.ts'
import { isLong } from '../../support/runs.ts'

const others = fc.commands(steps, {
  maxCommands: isLong ? 40 : 14,
  size: 'max',
  disableReplayLog: true,
})

/** What bounds the guesses of a token, until a step sets it anew. */
const guesses = fc.constantFrom(null, null, 1, 2)

describe('whatever happens to devices, one thing after the other', () => {
  let done = 0

  it(
    'every answer and every device is what the model says',
    async () => {
      await hold(
        'a history of drawn requests answers as the model of it',
        // Of the sample each answer below is one.
        { sample: 120, long: 10_000, seed: 5 },
        fc.asyncProperty(create, others, guesses, async (first, rest, bound) => {
          const history = startHistory({ guesses: bound })
          await first.run(history, {})
          await fc.asyncModelRun(() => ({ model: history, real: {} }), rest)
          await lookAtAll(history)
          done += history.steps
        }),
      )
      figure({ claim: 'a request of a history answers as the model', trials: done, violations: 0 })
    },
    propertyMs,
  )

  it.each([
    ['create', ['201', 'invalid_number']],
    ['patch', ['200', 'device_not_found', 'invalid_body']],
    ['reset', ['200', 'device_not_found']],
    ['challenge', ['200', 'device_not_found', 'device_disabled', 'cooldown', 'invalid_body']],
    ['challenge', ['delivery_unknown', 'delivery_failed', 'delivery_busy', 'undeliverable_number']],
    ['verify', ['200', 'device_not_found', 'device_disabled', 'invalid_token', 'throttled']],
    ['verify', ['token_used_up', 'no_token', 'challenge_replaced']],
    ['verify', ['invalid_body', 'invalid_idempotency_key']],
  ])('%s gave every answer that it has: %s', (operation, codes) => {
    const missing = codes.filter(code => answered[`${operation} ${code}`] === undefined)

    expect(missing).toEqual([])
  })
})

// What one write charges a counter with, whether it is tried once or until it is known.
import type { ConditionalUpdate } from '../dynamodb/update.ts'
import { chargeExpression } from './expressions.ts'
import { type Mark, markOf } from './mark.ts'
import type { Counter } from './subject.ts'
import { expiryOf } from './window.ts'

/** Returns the write that counts a request once, and the mark by which it is found again. */
export function chargeOf(
  counter: Counter,
  request: Parameters<typeof markOf>[1],
  whenFull: 'refuse' | 'count',
): { mark: Mark; expression: ConditionalUpdate } {
  // Beyond a full limit there would be ever more names.
  const mark = markOf(counter, request, whenFull === 'count' ? 'register' : 'names')
  const counted = { ...counter, mark, expiresAt: expiryOf(counter) }
  return { mark, expression: chargeExpression(counted, whenFull) }
}

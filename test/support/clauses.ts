// A condition without one of its clauses: what the clause decides.
import { expect } from 'vitest'
import { connectStore, type Store } from '../../lib/dynamodb/client.ts'
import { watchedStore } from './watched-store.ts'

interface Conditional {
  ConditionExpression?: string
  UpdateExpression?: string
  ExpressionAttributeValues?: Record<string, unknown>
  ExpressionAttributeNames?: Record<string, unknown>
}

/** A store whose requests leave without the clause, and without the values that only it used. */
function storeWithout(clause: string): Store {
  const { watched } = watchedStore((_, input: Conditional) => {
    if (input.ConditionExpression?.includes(clause)) strip(input, clause)
  })
  return watched
}

function strip(input: Conditional, clause: string): void {
  const clauses = input.ConditionExpression!.split(clause).join('')
  const left = clauses.replace(/ (AND|OR) {2}\1 /, ' $1 ').replace(/^ (AND|OR) | (AND|OR) $/, '')
  if (left === '') delete input.ConditionExpression
  else input.ConditionExpression = left
  for (const part of ['ExpressionAttributeValues', 'ExpressionAttributeNames'] as const) {
    const used = Object.entries(input[part] ?? {}).filter(([name]) =>
      new RegExp(`${name}\\b`).test(`${left} ${input.UpdateExpression}`),
    )
    if (used.length > 0) input[part] = Object.fromEntries(used)
    else delete input[part]
  }
}

/** Runs a scenario with and without a clause: the rule, and what happens where it is missing. */
export async function decides(
  clause: string,
  scenario: (store: Store) => Promise<unknown>,
  outcome: { kept: unknown; lost: unknown },
): Promise<void> {
  const kept = await scenario(connectStore())
  // Without the clause DynamoDB can find a path that is not there, and refuse the whole expression.
  const lost = await scenario(storeWithout(clause)).catch((error: Error) => error.name)

  expect({ kept, lost }).toEqual(outcome)
}

// Gates before every request of a store: a scheduler lets them through one at a time, and what
// comes behind may be lost, or come late. The tries are the SDK's own, made here so that others can
// come between them.
import { setImmediate as turn } from 'node:timers/promises'
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import fc from 'fast-check'
import type { Store } from '../../lib/dynamodb/client.ts'
import { unavailable } from '../../lib/problem.ts'

/** What happens to one try. A late one reaches the engine after its client has given it up. */
export const faults = ['none', 'lose answer', 'lose request', 'late request'] as const
export type Fault = (typeof faults)[number]

type Send = (command: { constructor: { name: string } }, options: object) => Promise<unknown>

const underWay = new Set<Promise<unknown>>()

async function settled(): Promise<void> {
  do {
    await Promise.allSettled([...underWay])
    await turn()
  } while (underWay.size > 0)
}

/** A scheduler that lets the next one through when the one before has come to its next gate. */
export const scheduler = () =>
  fc.scheduler({
    act: async release => {
      await release()
      await turn()
      await settled()
    },
  })

/** What one of several does at its gates. */
export interface Gates {
  store: Store
  pass(label: string): Promise<void>
}

/**
 * Puts gates before a store; `observe` sees each answer of the engine, in the order of their
 * writes.
 */
export function gate(
  store: Store,
  schedule: fc.Scheduler,
  {
    name,
    plan,
    observe,
  }: { name: string; plan: Fault[]; observe: (answer: unknown, input: unknown) => void },
): Gates {
  const left = [...plan]
  const pass = (label: string) => schedule.schedule(Promise.resolve(), `${name}: ${label}`)
  const gated = (client: DynamoDBDocumentClient, tries: number) => {
    const send: Send = async (command, options) => {
      const reach = () => {
        const answer = (client.send as unknown as Send)(command, options)
        const seen = answer.then(
          given => observe(given, (command as { input?: unknown }).input),
          () => {},
        )
        underWay.add(seen)
        seen.finally(() => underWay.delete(seen))
        return answer
      }
      for (let n = 1; n <= tries; n++) {
        const fault = left.shift() ?? 'none'
        await pass(`${command.constructor.name} ${fault}`)
        if (fault === 'none') return reach()
        if (fault === 'lose answer') await reach().catch(() => {})
        if (fault === 'late request')
          pass('late')
            .then(reach)
            .catch(() => {})
      }
      throw unavailable(new Error('Every try was lost.'))
    }
    return { send } as unknown as DynamoDBDocumentClient
  }
  return {
    pass,
    store: { ...store, retrying: gated(store.retrying, 3), once: gated(store.once, 1) },
  }
}

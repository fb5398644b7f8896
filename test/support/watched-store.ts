// A store whose commands are seen before they are sent.
import { connectStore } from '../../lib/dynamodb/client.ts'

/** Connects one; `before` may wait or throw, `commands` has the names of all commands so far. */
export function watchedStore(
  before: (name: string, input: Record<string, unknown>) => unknown = () => undefined,
) {
  const watched = connectStore()
  const commands: string[] = []
  for (const client of [watched.retrying, watched.once]) {
    client.middlewareStack.add(
      (next, { commandName = '' }) =>
        async args => {
          commands.push(commandName)
          await before(commandName, args.input as Record<string, unknown>)
          return next(args)
        },
      { step: 'initialize', priority: 'high' },
    )
  }
  return { watched, commands }
}

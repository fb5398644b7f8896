// A store whose commands are seen before they are sent.
import { connectStore } from '../../lib/dynamodb/client.ts'

/**
 * Connects one; `before` may wait, throw, or change the input. `commands` and `inputs` are those of
 * all commands so far.
 */
export function watchedStore(
  before: (name: string, input: Record<string, unknown>) => unknown = () => undefined,
) {
  const watched = connectStore()
  const commands: string[] = []
  const inputs: Record<string, unknown>[] = []
  for (const client of [watched.retrying, watched.once]) {
    client.middlewareStack.add(
      (next, { commandName = '' }) =>
        async args => {
          const input = args.input as Record<string, unknown>
          commands.push(commandName)
          inputs.push(input)
          await before(commandName, input)
          return next(args)
        },
      { step: 'initialize', priority: 'high' },
    )
  }
  return { watched, commands, inputs }
}

// Questions on a terminal whose answers are not shown.
import { createInterface } from 'node:readline'
import { type Readable, Writable } from 'node:stream'
import type { Writer } from '../command.ts'

/** An open terminal. */
export interface Prompt {
  /**
   * Asks one question and gives the answer without blanks around it; rejects at Ctrl-C and Ctrl-D.
   */
  ask(question: string): Promise<string>
  close(): void
}

/** Opens a terminal; until it is closed, nothing that is typed there is shown. */
export function openPrompt(input: Readable, output: Writer): Prompt {
  const unseen = new Writable({ write: (_chunk, _encoding, done) => done() })
  const terminal = createInterface({ input, output: unseen, terminal: true, historySize: 0 })
  // One reader for all questions: lines that were pasted together are answers in their order.
  const lines = terminal[Symbol.asyncIterator]()
  return {
    async ask(question) {
      output.write(question)
      const { value, done } = await lines.next()
      output.write('\n')
      if (done) throw new Error('Broken off: nothing is written.')
      return value.trim()
    },
    close: () => terminal.close(),
  }
}

// How far a command has come: a bar on a terminal, elsewhere a line for each tenth.
import type { Writer } from '../command.ts'

const columns = 30

/** Makes the function that is called after each piece of work. */
export function openProgress(output: Writer, total: number): () => void {
  let done = 0
  let shown = 0
  return () => {
    done += 1
    // A bar that is drawn for each device would take longer than the device.
    const step = Math.floor((done * (output.isTTY ? 200 : 10)) / total)
    if (step === shown) return
    shown = step
    const amount = `${done.toLocaleString('en')} of ${total.toLocaleString('en')}`
    if (!output.isTTY) return void output.write(`${amount}\n`)
    const bar = '#'.repeat(Math.floor((done * columns) / total)).padEnd(columns, '.')
    output.write(`\r[${bar}] ${amount}${done === total ? '\n' : ''}`)
  }
}

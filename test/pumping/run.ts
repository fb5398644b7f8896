// npm run simulate:pumping: what attackers get out of the service, and what the people lose who use
// it, through the real handlers, on a clock that is told the time.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import { stopWithNpm, takeNoArguments } from '../../infra/commands/npm.ts'
import { shippedSettings } from '../support/shipped.ts'
import type { Count, Outcome } from './scenario.ts'
import { type Scenario, scenarios } from './scenarios.ts'

const help = `Usage: npm run simulate:pumping

Simulates attacks of three hours, and a launch day, with the settings as shipped, and prints what the attackers got
and who was refused. A setting in the environment takes the place of the shipped one. Minutes.`

/** What Twilio takes for a message to most of Europe, roughly. */
const dollarsAMessage = 0.08

try {
  takeNoArguments('simulate:pumping', help)
  await simulate()
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = 1
}

async function simulate(): Promise<void> {
  stopWithNpm('simulate', () => process.exit(1))
  const outcomes: Outcome[] = []
  let next = 0
  const lanes = Array.from({ length: Math.min(2, availableParallelism()) }, async () => {
    for (let n = next++; n < scenarios.length; n = next++) {
      outcomes[n] = await play(scenarios[n] as Scenario)
    }
  })
  await Promise.all(lanes)
  print(outcomes)
}

async function play({ name, uses }: Scenario): Promise<Outcome> {
  const { PATH = '', HOME = '' } = process.env
  const settings = Object.entries(shippedSettings)
    .filter(([setting]) => uses(setting))
    .map(([setting, value]) => [setting, process.env[setting] ?? value])
  const child = fork(new URL('scenario.ts', import.meta.url), [name], {
    env: { PATH, HOME, ...Object.fromEntries(settings) },
  })
  let outcome: Outcome | null = null
  child.on('message', message => {
    outcome = message as Outcome
  })
  const [code] = await once(child, 'exit')
  if (outcome === null) throw new Error(`"${name}" ended with ${code} and without an outcome.`)
  return outcome
}

function print(outcomes: Outcome[]): void {
  console.log(
    `Messages at ${dollarsAMessage} dollars. An owner has an established device, a newcomer a new one.\n`,
  )
  const columns = ['', 'messages to the attacker', 'dollars', 'owners refused', 'newcomers refused']
  const rows = scenarios.map(({ name }, n) => {
    const { attacker, owner, newcomer } = outcomes[n] as Outcome
    const { messages } = attacker
    const dollars = (messages * dollarsAMessage).toFixed(2)
    return [name, count(messages), dollars, refusedOf(owner), refusedOf(newcomer)]
  })
  const widths = columns.map((column, n) =>
    Math.max(column.length, ...rows.map(row => (row[n] ?? '').length)),
  )
  for (const row of [columns, ...rows]) {
    const cells = row.map((cell, n) =>
      n === 0 ? cell.padEnd(widths[n] ?? 0) : cell.padStart(widths[n] ?? 0),
    )
    console.log(cells.join('  '))
  }
}

function refusedOf({ asked, refused }: Count): string {
  return asked === 0 ? '' : `${count(refused)} of ${count(asked)}`
}

function count(n: number): string {
  return n.toLocaleString('en-US')
}

// npm run simulate:pumping: what an SMS pump gets, and what honest users lose, without protection,
// with the limits alone, and with the breaker; through the real handlers, on a clock that is told
// the time.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import { stopWithNpm, takeNoArguments } from '../../infra/commands/npm.ts'
import { shippedSettings } from '../support/shipped.ts'
import type { Outcome } from './scenario.ts'
import { world } from './world.ts'

const help = `Usage: npm run simulate:pumping

Simulates ${world.hours} hours of a pump and of honest users, three times, and prints what each got. Minutes.`

/** What Twilio takes for a message to most of Europe, roughly. */
const dollarsAMessage = 0.08

const scenarios: [name: string, uses: (setting: string) => boolean][] = [
  ['no protection', () => false],
  ['limits', setting => /^OTP_TWILIO_LIMIT/.test(setting)],
  ['limits and breaker', setting => /^OTP_TWILIO_(LIMIT|BREAKER)/.test(setting)],
]

try {
  takeNoArguments('simulate:pumping', help)
  await simulate()
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = 1
}

async function simulate(): Promise<void> {
  stopWithNpm('simulate', () => process.exit(1))
  const { pump, honest, hours } = world
  console.log(
    `A pump asks for tokens to ${count(pump.numbers)} numbers of ${pump.prefixes} prefixes in ${hours} hours, while ${count(honest.users)}
users of the same countries log in, of whom ${honest.conversion * 100} % type the token. Settings as deployed; ${dollarsAMessage} dollars a message.\n`,
  )
  const shipped = shippedSettings
  const waiting = scenarios.map(([, uses]) =>
    Object.fromEntries(Object.entries(shipped).filter(([name]) => uses(name))),
  )
  const outcomes: Outcome[] = []
  let next = 0
  const lanes = Array.from({ length: Math.min(2, availableParallelism()) }, async () => {
    for (let n = next++; n < waiting.length; n = next++) {
      outcomes[n] = await play(waiting[n] as Record<string, string>)
    }
  })
  await Promise.all(lanes)
  print(outcomes)
}

async function play(settings: Record<string, string>): Promise<Outcome> {
  const { PATH = '', HOME = '' } = process.env
  const child = fork(new URL('scenario.ts', import.meta.url), [], {
    env: { PATH, HOME, ...settings },
  })
  let outcome: Outcome | null = null
  child.on('message', message => {
    outcome = message as Outcome
  })
  const [code] = await once(child, 'exit')
  if (outcome === null) throw new Error(`A scenario ended with ${code} and without an outcome.`)
  return outcome
}

function print(outcomes: Outcome[]): void {
  const columns = ['', 'messages to the pump', 'dollars', 'honest users refused']
  const rows = scenarios.map(([name], n) => {
    const { pumpMessages, honestRefused, honestTurnedAway } = outcomes[n] as Outcome
    const dollars = (pumpMessages * dollarsAMessage).toFixed(2)
    return [name, count(pumpMessages), dollars, count(honestRefused + honestTurnedAway)]
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

function count(n: number): string {
  return n.toLocaleString('en-US')
}

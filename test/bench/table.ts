// The results as a table for people.
import { type Bill, billOf, monthsOf, readersOf } from './bill.ts'
import { pricesOf } from './prices.ts'
import type { Billed, Results } from './results.ts'
import type { Target } from './targets.ts'

const rateNames = { lowRate: 'at a low rate', fullBatches: 'in full batches' }

function billRow(name: string, { gateway, lambda, writes, reads, events, logs, total }: Bill) {
  const parts = [gateway, lambda, writes, reads, events, logs, total]
  return [name, ...parts.map(dollars => dollars.toFixed(2))]
}

type Section = [title: string, head: string[], rows: (string | number)[][]]

/** The whole report. */
export function tableOf(results: Results, targets: Target[]): string {
  const { bundles, loads, warm, proofs, growth, throughput, requests, memory } = results
  const sections: Section[] = [
    [
      `Load in a fresh process (${results.node})`,
      ['', 'ms', 'ratio', 'processor ms', 'RSS MB', 'ratio', 'bundle KB', 'zip KB'],
      Object.entries(loads).map(([name, one]) => [
        name,
        one.loadMs.toFixed(1),
        one.loadRatio.toFixed(2),
        one.loadCpuMs.toFixed(1),
        one.rssMb.toFixed(1),
        one.rssRatio.toFixed(2),
        kb(bundles[name]?.bytes),
        kb(bundles[name]?.zipBytes),
      ]),
    ],
    [
      'First answer, from the beginning of the load (secrets from SSM)',
      ['', 'ms'],
      Object.entries(results.firstAnswers).map(([name, ms]) => [name, ms.toFixed(1)]),
    ],
    [
      'First answer over TLS, from the start of the process, with the processor of so much memory',
      ['', 'MB', 'made ready while it loads, ms', 'in its request, ms', 'ratio'],
      results.firstAnswersOverTls.map(one => [
        one.name,
        one.memoryMb,
        one.preparedMs.toFixed(0),
        one.inRequestMs.toFixed(0),
        one.ratio.toFixed(2),
      ]),
    ],
    [
      'Cold containers at once, before an SSM of 40 calls a second',
      ['', 'containers', '200', '503', 'without Retry-After', 'spent', 'seconds', 'calls of SSM'],
      results.waves.map(({ asked, wave, ssmCalls }) => [
        asked,
        wave.containers,
        wave.statuses[200] ?? 0,
        wave.statuses[503] ?? 0,
        wave.bare,
        wave.spent,
        wave.seconds.toFixed(1),
        ssmCalls,
      ]),
    ],
    ['Warm, on the embedded engine', ['', 'p50 ms', 'p99 ms'], latencies(warm)],
    [
      'Signed proofs in verify',
      ['', 'without', 'with'],
      [
        ['bundle KB', kb(proofs.bytes.without), kb(proofs.bytes.with)],
        ['zipped KB', kb(proofs.zipBytes.without), kb(proofs.zipBytes.with)],
        [
          'warm, processor ms',
          proofs.processorMs.without.toFixed(2),
          proofs.processorMs.with.toFixed(2),
        ],
      ],
    ],
    ['Growth', ['', 'p50 ms', 'p99 ms'], growth ? latencies(growth) : [[results.growthMissing!]]],
    [
      'Verifications a second',
      ['', 'clients', 'right tokens', 'wrong tokens'],
      Object.entries(throughput).flatMap(([engine, rates]) =>
        rates.map(one => [engine, one.clients, one.right.toFixed(0), one.wrong.toFixed(0)]),
      ),
    ],
    [
      'Requests of an operation',
      ['', 'DynamoDB', 'Twilio'],
      Object.entries(requests).map(([name, one]) => [name, one.dynamodb.join(' '), one.twilio]),
    ],
    [
      'Writes of the limits for a challenge as shipped, at the end of a full day',
      ['', 'seconds', 'bytes', 'write units'],
      [
        ...results.limitWrites.map(one => [one.limit, one.seconds, one.bytes, one.units]),
        ['together', '', '', results.limitWrites.reduce((sum, { units }) => sum + units, 0)],
      ],
    ],
    [
      'Memory of verify, MB',
      ['after load', `after ${memory.calls} calls`],
      [[memory.afterLoadMb.toFixed(1), memory.afterCallsMb.toFixed(1)]],
    ],
    ...billSections(results),
    targetSection(targets),
  ]
  return textOf(sections)
}

/** What a login costs alone. */
export function billTableOf(billed: Billed, targets: Target[]): string {
  return textOf([...billSections(billed), targetSection(targets)])
}

function textOf(sections: Section[]): string {
  return sections.map(([title, head, rows]) => `${title}\n${columns([head, ...rows])}\n`).join('\n')
}

function billSections(billed: Billed): Section[] {
  const { bill, logins, fixed, without } = billed
  return [
    [
      `A million logins, dollars at list prices of ${pricesOf}, without SMS`,
      ['', 'API Gateway', 'Lambda', 'writes', 'reads', 'events', 'logs', 'together'],
      (['lowRate', 'fullBatches'] as const).flatMap(rate => [
        billRow(rateNames[rate], bill[rate]),
        ...Object.entries(logins[rate]).map(([name, cost]) =>
          billRow(`  ${name}`, billOf(name, cost)),
        ),
      ]),
    ],
    [
      'What of it can be switched off, dollars a million logins',
      ['', 'low rate', 'full batches'],
      Object.entries(without).map(([what, rest]) => [
        what,
        (bill.lowRate.total - rest.lowRate.total).toFixed(2),
        (bill.fullBatches.total - rest.fullBatches.total).toFixed(2),
      ]),
    ],
    [
      'A stage, dollars a month, whatever the number of countries',
      ['metrics', 'of alarms', 'dashboard', 'together'],
      [
        [
          `${fixed.metrics.count}: ${fixed.metrics.dollars.toFixed(2)}`,
          `${fixed.alarms.count}: ${fixed.alarms.dollars.toFixed(2)}`,
          fixed.dashboard.toFixed(2),
          fixed.total.toFixed(2),
        ],
      ],
    ],
    [
      'Logins a month, dollars a month',
      ['', 'together'],
      monthsOf(billed).map(({ logins: count, dollars }) => [
        count.toLocaleString('en'),
        dollars.toFixed(2),
      ]),
    ],
    [
      'A full batch of the stream, and what a shard can be read at',
      ['', 'records', 'processor ms', 'round trips', 'ms of 256 MB', 'records a second'],
      Object.entries(readersOf(billed)).map(([name, one]) => [
        name,
        one.records.toFixed(0),
        one.processorMs.toFixed(1),
        one.roundTrips.toFixed(1),
        one.batchMs.toFixed(0),
        one.recordsASecond.toFixed(0),
      ]),
    ],
  ]
}

function targetSection(targets: Target[]): Section {
  return [
    'Targets',
    ['', 'found', 'at most', ''],
    targets.map(one => [
      one.name,
      one.found?.toFixed(2) ?? 'not measured',
      one.most,
      one.met ? 'met' : 'MISSED',
    ]),
  ]
}

function latencies(of: Results['warm']) {
  return Object.entries(of).map(([name, { p50, p99 }]) => [name, p50.toFixed(2), p99.toFixed(2)])
}

function kb(bytes = 0): string {
  return (bytes / 1000).toFixed(1)
}

/** The first column to the left, numbers to the right. */
function columns(rows: (string | number)[][]): string {
  const widths = rows.reduce<number[]>(
    (most, row) => row.map((cell, n) => Math.max(most[n] ?? 0, String(cell).length)),
    [],
  )
  return rows
    .map(row =>
      row
        .map((cell, n) =>
          n === 0 ? String(cell).padEnd(widths[n] ?? 0) : String(cell).padStart(widths[n] ?? 0),
        )
        .join('  ')
        .trimEnd(),
    )
    .map(line => `  ${line}`)
    .join('\n')
}

// Loading: each bundle in a fresh process, again and again, in turn, so that a noisy moment meets
// all of them.
import { spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { devNull } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { type Bundle, rivals } from './bundles.ts'
import { eventOf } from './event.ts'
import type { Stations } from './stations.ts'
import { median } from './statistics.ts'

const probeFile = join(import.meta.dirname, 'probe.cjs')

/** What one fresh process took; memory in bytes. */
interface Probed {
  loadMs: number
  loadCpuMs: number
  rss: number
  answeredMs: number | null
  statuses: Record<string, number>
  rssAfterCalls: number
}

/** Medians over all rounds; ratios are to the bare document client built the best way. */
export interface Loaded {
  loadMs: number
  loadRatio: number
  /** Processor time, of all threads: what of it is left when the machine is busy with others. */
  loadCpuMs: number
  rssMb: number
  rssRatio: number
}

/** Loads every bundle so many times, and says what each took. */
export async function measureLoads(
  bundles: Map<string, Bundle>,
  stations: Stations,
  rounds: number,
): Promise<Map<string, Loaded>> {
  const probed = new Map([...bundles.keys()].map(name => [name, [] as Probed[]]))
  for (let round = 0; round < rounds; round++) {
    for (const [name, { path }] of bundles) {
      probed.get(name)?.push(await probe(path, stations, { event: null, calls: 0 }))
    }
  }
  const of = (name: string, what: (one: Probed) => number) =>
    median((probed.get(name) ?? []).map(what))
  return new Map(
    [...bundles.keys()].map(name => {
      const loadMs = of(name, one => one.loadMs)
      const rss = of(name, one => one.rss)
      const loaded = {
        loadMs,
        loadRatio: loadMs / of(rivals.bareBest, one => one.loadMs),
        loadCpuMs: of(name, one => one.loadCpuMs),
        rssMb: rss / 2 ** 20,
        rssRatio: rss / of(rivals.bareBest, one => one.rss),
      }
      return [name, loaded]
    }),
  )
}

/**
 * First answers of verify and challenge, from the beginning of their load, beside the bare client's
 * first write.
 */
export async function measureFirstAnswers(
  bundles: Map<string, Bundle>,
  stations: Stations,
  rounds: number,
): Promise<Record<string, number>> {
  const nobody = { userId: 'nobody', deviceId: 'none' }
  const events = {
    verify: eventOf(stations.apiKey, { ...nobody, body: { token: '000000' } }),
    challenge: eventOf(stations.apiKey, nobody),
    [rivals.bareBest]: {
      TableName: 'devices',
      Key: { userId: 'bare', deviceId: 'bare' },
      UpdateExpression: 'SET failures = :n',
      ExpressionAttributeValues: { ':n': 0 },
    },
  }
  const answered = new Map(Object.keys(events).map(name => [name, [] as number[]]))
  for (let round = 0; round < rounds; round++) {
    for (const [name, event] of Object.entries(events)) {
      const { answeredMs } = await probe(bundles.get(name)!.path, stations, { event, calls: 1 })
      answered.get(name)?.push(answeredMs ?? Number.NaN)
    }
  }
  return Object.fromEntries([...answered].map(([name, times]) => [name, median(times)]))
}

/**
 * Memory after so many calls of verify in one process, MB; a locked device's, so that errors are
 * among them.
 */
export async function measureCalls(bundle: Bundle, stations: Stations, calls: number) {
  const event = eventOf(stations.apiKey, {
    userId: 'calls',
    deviceId: 'calls',
    body: { token: '000000' },
  })
  const { rss, rssAfterCalls, statuses } = await probe(bundle.path, stations, { event, calls })
  return { calls, afterLoadMb: rss / 2 ** 20, afterCallsMb: rssAfterCalls / 2 ** 20, statuses }
}

async function probe(
  path: string,
  { environment: env, signal }: Stations,
  job: { event: unknown; calls: number },
): Promise<Probed> {
  signal.throwIfAborted()
  const nowhere = openSync(devNull, 'w')
  try {
    const child = spawn(process.execPath, [probeFile, path, JSON.stringify(job)], {
      env,
      stdio: ['ignore', nowhere, 'inherit', 'pipe'],
    })
    const found = await text(child.stdio[3] as Readable)
    if (found === '') throw new Error('A bundle could not be loaded or called; see above.')
    return JSON.parse(found)
  } finally {
    closeSync(nowhere)
  }
}

// The stream of the devices table on this machine. Each function that reads it gets its
// records as from Lambda's event source mapping: in order, in batches, one batch at a time,
// and again after a failure.
import { setTimeout as wait } from 'node:timers/promises'
import type { DynamoDBRecord, DynamoDBStreamEvent } from 'aws-lambda'

/** Runs a function and returns its answer. Rejects when the function throws. */
export type Invoke = (functionName: string, event: DynamoDBStreamEvent) => Promise<unknown>

/** A stream with its readers. */
export interface LocalStream {
  /** Takes the next record. */
  put(record: DynamoDBRecord): void
  /** Stops passing records on. */
  close(): void
}

interface Options {
  /** The functions that read it. */
  functions: string[]
  invoke: Invoke
  /** Called with one line for each record that is dropped; the console by default. */
  warn?: (line: string) => void
  /** How long a batch is collected. */
  windowMs?: number
  /** The pause before each retry; after the last retry the record is dropped. */
  pausesMs?: number[]
}

const largestBatch = 100

/** Opens a stream. `put` works whatever the readers do. */
export function openStream(options: Options): LocalStream {
  const closing = new AbortController()
  const readers = options.functions.map(name => openReader(name, options, closing.signal))
  return {
    put(record) {
      for (const read of readers) read(record)
    },
    close: () => closing.abort(),
  }
}

/** One function with the records that it has still to read. No function waits for another. */
function openReader(name: string, options: Options, signal: AbortSignal) {
  const { invoke, warn = console.warn, windowMs = 200 } = options
  const { pausesMs = [200, 400, 800, 1600] } = options
  const waiting: DynamoDBRecord[] = []
  let isReading = false
  let size = largestBatch
  let failures = 0

  const readOn = async () => {
    isReading = true
    try {
      await wait(windowMs, undefined, { signal })
      while (waiting.length > 0) await handOver(waiting.slice(0, size))
    } catch (error) {
      if (!signal.aborted) throw error
    } finally {
      isReading = false
    }
  }

  const handOver = async (batch: DynamoDBRecord[]) => {
    const answer = await invoke(name, { Records: batch }).catch(() => failure)
    signal.throwIfAborted()
    const handled = firstFailure(batch, answer)
    waiting.splice(0, handled ?? 0)
    if (handled !== batch.length) return failed(handled)
    size = Math.min(size * 2, largestBatch)
    failures = 0
  }

  const failed = async (handled: number | null) => {
    // A function that throws names no record. So its records are passed one by one, and only the
    // one that it cannot read is lost.
    if (handled === null) size = 1
    failures = handled ? 1 : failures + 1
    const pauseMs = pausesMs[failures - 1]
    if (pauseMs !== undefined) return wait(pauseMs, undefined, { signal })
    const [dropped] = waiting.splice(0, 1)
    failures = 0
    warn(`${name} failed ${pausesMs.length + 1} times: record ${numberOf(dropped)} is dropped.`)
  }

  return (record: DynamoDBRecord) => {
    if (signal.aborted) return
    waiting.push(record)
    if (!isReading) readOn()
  }
}

/** Stands for the answer of a function that threw: it names no record of any batch. */
const failure = { batchItemFailures: [null] }

/**
 * Returns the place of the first record that failed, or the length of the batch. Null when Lambda
 * would not understand the answer, and the whole batch failed
 * (docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html).
 */
function firstFailure(batch: DynamoDBRecord[], answer: unknown): number | null {
  const { batchItemFailures: named } = (answer ?? {}) as { batchItemFailures?: unknown }
  if (named === undefined || named === null) return batch.length
  if (!Array.isArray(named)) return null
  const places = named.map(failure =>
    batch.findIndex(record => numberOf(record) === failure?.itemIdentifier),
  )
  return places.includes(-1) ? null : Math.min(batch.length, ...places)
}

function numberOf(record: DynamoDBRecord | undefined): string | undefined {
  return record?.dynamodb?.SequenceNumber
}

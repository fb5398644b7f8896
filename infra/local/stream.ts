// The stream of the devices table on this machine: its records to each function that reads it, as Lambda's event source
// mapping hands them over: in order, in batches, one batch of a function at a time, and again what failed.
import { setTimeout as wait } from 'node:timers/promises'
import type { DynamoDBRecord, DynamoDBStreamEvent } from 'aws-lambda'

/** Runs a function and gives what it answers; rejects when it throws. */
export type Invoke = (functionName: string, event: DynamoDBStreamEvent) => Promise<unknown>

/** A stream with its readers. */
export interface LocalStream {
  /** Takes the next record. */
  put(record: DynamoDBRecord): void
  /** Hands over nothing more. */
  close(): void
}

interface Options {
  /** The functions that read it. */
  functions: string[]
  invoke: Invoke
  /** Told what is dropped, in one line; the console by default. */
  warn?: (line: string) => void
  /** How long a batch is gathered. */
  windowMs?: number
  /** Before each time that a record is handed over again; after the last it is dropped. */
  pausesMs?: number[]
}

const largestBatch = 100

/** Opens a stream; whatever its readers do, `put` goes on. */
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

/** One function with what it has still to read: none waits for another. */
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
    // A function that throws names no record: they go by themselves, so that only the one it cannot read is lost.
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

/** In the place of an answer: names no record of any batch. */
const failure = { batchItemFailures: [null] }

/**
 * The place of the first record that failed, or the length of the batch; null when the answer is none that Lambda
 * understands, and the whole batch failed (docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html).
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

// What a command is: a function of its arguments, its environment and its streams, which gives the
// exit code. The process is known at the foot of its file alone, so that a test can run it with
// others.
import type { Readable } from 'node:stream'
import { type ParseArgsOptionsConfig, parseArgs } from 'node:util'
import type { Environment } from '../../lib/settings/read.ts'

/** What text can be written to. */
export interface Writer {
  write(text: string): unknown
  isTTY?: boolean
}

/** Where a command reads what is typed, and writes. */
export interface Streams {
  stdin: Readable & { isTTY?: boolean }
  stdout: Writer
  stderr: Writer
}

/** How long others may take, milliseconds. */
export interface Deadlines {
  /** AWS, to take a connection: of one try; the SDK makes three at most. */
  connectMs: number
  /** AWS, to answer: of one try. */
  awsMs: number
  /** Twilio, to answer. */
  twilioMs: number
  /** DynamoDB, to restore a table. */
  restore: RestoreDeadlines
}

/** How a restore is waited for, milliseconds. */
export interface RestoreDeadlines {
  /** Until the restored table can be used, at most. */
  tableMs: number
  /** Until the stream is read, at most. */
  streamMs: number
  /** Between two looks at the table. */
  pauseMs: number
  /** As long as a shard that has no end may answer with nothing, before it is taken for read. */
  idleMs: number
  /** Between two words that it is waited for. */
  wordMs: number
}

/** The deadlines of a command that is not told others. */
export const usualDeadlines: Deadlines = {
  connectMs: 3000,
  awsMs: 5000,
  twilioMs: 8000,
  restore: {
    tableMs: 3 * 3_600_000,
    streamMs: 600_000,
    pauseMs: 5000,
    idleMs: 5000,
    wordMs: 30_000,
  },
}

/** Runs a command and gives its exit code; keeps nothing from one run to the next. */
export type Command = (
  args: string[],
  env: Environment,
  streams: Streams,
  deadlines?: Deadlines,
) => Promise<number>

/** What the work of a command is given. */
export interface Run extends Streams {
  args: string[]
  env: Environment
  deadlines: Deadlines
  /** Writes a line to stdout. */
  print(line: string): void
}

/**
 * Makes a command of work that gives the exit code; what it throws is one sentence for whoever
 * started it.
 */
export function command(work: (run: Run) => Promise<number>): Command {
  return async (args, env, { stdin, stdout, stderr }, deadlines = usualDeadlines) => {
    const print = (line: string) => void stdout.write(`${line}\n`)
    try {
      return await work({ args, env, stdin, stdout, stderr, deadlines, print })
    } catch (error) {
      stderr.write(`${(error as Error).message}\n`)
      return 1
    }
  }
}

/** Reads the flags; throws at one that does not exist. */
export function readFlags<T extends ParseArgsOptionsConfig>(args: string[], options: T) {
  return readArguments({ args, options }).values
}

/** Reads the flags, and where they are allowed what is no flag; throws as readFlags does. */
export function readArguments<T extends ParseArgsOptionsConfig>(given: {
  args: string[]
  options: T
  allowPositionals?: boolean
}) {
  try {
    return parseArgs(given)
  } catch (error) {
    const [sentence] = (error as Error).message.split(/\.\s|\n/)
    throw new Error(`${sentence}; --help shows what there is.`)
  }
}

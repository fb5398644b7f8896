// A DynamoDB engine as a program of its own: started on a free port, awaited until it answers, and
// ended together with this process, however that ends.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb'

/** A running engine. */
export interface Engine {
  /** Name and version, for reports. */
  name: string
  url: string
  close(): Promise<void>
}

/** The engine cannot run on this machine. The message is one sentence that says what is missing. */
export class EngineMissing extends Error {}

/**
 * Exit code of a command in that case (EX_UNAVAILABLE of sysexits.h), so that CI does not
 * take it for a failure.
 */
export const engineMissingExitCode = 69

/** How long an engine may take until it answers, milliseconds. */
const longestStartMs = 60_000

/**
 * Starts a program that speaks DynamoDB on the given port. Rejects with its output when it does not
 * answer, and when the signal aborts first.
 */
export async function startEngine(
  name: string,
  command: (port: number) => [program: string, ...args: string[]],
  signal: AbortSignal,
): Promise<Engine> {
  const port = await freePort()
  const [program, ...args] = command(port)
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = once(child, 'close').catch(() => {})
  const guard = endWithThisProcess(child)
  let printed = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', chunk => {
      printed = `${printed}${chunk}`.slice(-4000)
    })
  }
  const close = async () => {
    // The guard is killed first: when it acts later, the id of the ended process may be another's.
    guard?.kill('SIGKILL')
    child.kill('SIGKILL')
    await ended
  }
  const url = `http://127.0.0.1:${port}`
  try {
    await Promise.race([
      untilAnswering(url, signal),
      ended.then(() => {
        throw new Error(`${name} ended before it answered.\n${printed}`)
      }),
    ])
  } catch (error) {
    await close()
    throw error
  }
  return { name, url, close }
}

/** Ends the engine even when this process is killed: then the guard's input closes. */
function endWithThisProcess({ pid }: ChildProcess): ChildProcess | null {
  if (pid === undefined || process.platform === 'win32') return null
  const guard = spawn('/bin/sh', ['-c', `read _; kill -9 ${pid} 2>/dev/null`], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  })
  guard.unref()
  return guard
}

async function untilAnswering(url: string, signal: AbortSignal): Promise<void> {
  const client = new DynamoDBClient({
    endpoint: url,
    region: 'local',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
  })
  const deadline = Date.now() + longestStartMs
  try {
    while (!(await answers(client))) {
      signal.throwIfAborted()
      if (Date.now() > deadline) throw new Error(`Nothing answers at ${url}.`)
      await wait(100)
    }
  } finally {
    client.destroy()
  }
}

async function answers(client: DynamoDBClient): Promise<boolean> {
  try {
    await client.send(new ListTablesCommand(), { abortSignal: AbortSignal.timeout(2000) })
    return true
  } catch {
    return false
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  await once(server.close(), 'close')
  return port
}

// The first answer of a function over TLS, from the start of its process, with the processor that
// Lambda gives: a whole one while it loads, then its memory's share. Beside it the same function
// that leaves to its request what a bundle makes ready: see infra/bundle/preparation.cjs.
import { type ChildProcess, fork, spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { devNull } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'
import type { Bundle } from './bundles.ts'
import { eventOf } from './event.ts'
import { memoryOfOneCpuMb } from './prices.ts'
import { firstMessage, type Stations } from './stations.ts'
import { median } from './statistics.ts'

const certificate = join(import.meta.dirname, '../fixtures/tls/test-only-cert.pem')
const childFile = join(import.meta.dirname, 'first-answer-child.cjs')

/** Medians, milliseconds; `ratio` is of both. */
export interface FirstAnswer {
  name: string
  memoryMb: number
  preparedMs: number
  inRequestMs: number
  ratio: number
}

/** Measures verify and challenge, each at two sizes of memory, in turn. */
export async function measureFirstAnswersOverTls(
  bundles: Map<string, Bundle>,
  stations: Stations,
  rounds: number,
): Promise<FirstAnswer[]> {
  const tls = fork(join(import.meta.dirname, 'tls-child.ts'), { signal: stations.signal })
  tls.on('error', () => {})
  try {
    const { AWS_ENDPOINT_URL_DYNAMODB: dynamodb, AWS_ENDPOINT_URL_SSM: ssm } = stations.environment
    tls.send({ dynamodb, ssm })
    const urls = await firstMessage<{ dynamodb: string; ssm: string }>(tls)
    const env = {
      ...stations.environment,
      AWS_ENDPOINT_URL_DYNAMODB: urls.dynamodb,
      AWS_ENDPOINT_URL_SSM: urls.ssm,
      NODE_EXTRA_CA_CERTS: certificate,
    }
    const cases = await Promise.all(
      ['verify', 'challenge'].map(async name => {
        const { path } = bundles.get(name)!
        return { name, path, bare: await withoutPreparation(path) }
      }),
    )
    const measured = cases.flatMap(one => [256, 512].map(memoryMb => ({ ...one, memoryMb })))
    const found = measured.map(() => ({ prepared: [] as number[], inRequest: [] as number[] }))
    for (let round = 0; round < rounds; round++) {
      for (const [n, { name, path, bare, memoryMb }] of measured.entries()) {
        const share = memoryMb / memoryOfOneCpuMb
        const event = eventFor(name, stations.apiKey)
        found[n]!.prepared.push(await firstAnswerMs(path, { event, env, share }))
        found[n]!.inRequest.push(await firstAnswerMs(bare, { event, env, share }))
      }
    }
    return measured.map(({ name, memoryMb }, n) => {
      const [preparedMs, inRequestMs] = [median(found[n]!.prepared), median(found[n]!.inRequest)]
      return { name, memoryMb, preparedMs, inRequestMs, ratio: preparedMs / inRequestMs }
    })
  } finally {
    tls.kill()
  }
}

/** A device that there is not: the whole way to DynamoDB and back. */
function eventFor(name: string, apiKey: string): object {
  const nobody = { userId: 'nobody', deviceId: 'none' }
  return eventOf(apiKey, { ...nobody, ...(name === 'verify' && { body: { token: '000000' } }) })
}

/** The same bundle without what makes it ready. */
async function withoutPreparation(path: string): Promise<string> {
  const text = await readFile(path, 'utf8')
  const start = text.lastIndexOf('module.exports.then')
  if (start === -1) throw new Error(`${path} makes nothing ready.`)
  const bare = path.replace(/\.cjs$/, '-bare.cjs')
  await writeFile(bare, text.slice(0, start))
  return bare
}

async function firstAnswerMs(
  bundle: string,
  { event, env, share }: { event: object; env: NodeJS.ProcessEnv; share: number },
): Promise<number> {
  const nowhere = openSync(devNull, 'w')
  const startedAt = performance.now()
  const child = spawn(process.execPath, [childFile, bundle, JSON.stringify(event)], {
    env,
    stdio: ['ignore', nowhere, 'inherit', 'pipe'],
  })
  try {
    let said = ''
    let limiting: Promise<void> | undefined
    for await (const chunk of child.stdio[3] as Readable) {
      said += chunk
      if (said.startsWith('loaded ')) limiting ??= limitProcessor(child, share)
      if (/ \d{3}$/.test(said)) break
    }
    const ms = performance.now() - startedAt
    await limiting
    if (!said.endsWith(' 404')) throw new Error(`A first answer was not as expected: ${said}`)
    return ms
  } finally {
    closeSync(nowhere)
    child.kill('SIGKILL')
  }
}

/** Lambda counts in such periods. */
const periodMs = 20

/** Stops a process for all but its share of each period, until it has ended. */
async function limitProcessor(child: ChildProcess, share: number): Promise<void> {
  while (child.exitCode === null && child.signalCode === null) {
    child.kill('SIGSTOP')
    await pause(periodMs * (1 - share))
    child.kill('SIGCONT')
    await pause(periodMs * share)
  }
}

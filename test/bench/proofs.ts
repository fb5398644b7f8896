// What signed proofs cost verify: the bytes that its bundle has for them, and the processor of a
// warm verification with a proof beside one without.
import { generateKeyPairSync } from 'node:crypto'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { deflateRawSync } from 'node:zlib'
import type { Plugin } from 'esbuild'
import { hashApiKey, scopes } from '../../lib/api/api-key.ts'
import { bestWay, bundle } from './bundles.ts'
import { challenged, put, subject } from './subject.ts'
import { inTurn } from './warm.ts'
import type { Task } from './worker.ts'

/** Without proofs and with them. */
export type Both = Record<'without' | 'with', number>

const repository = join(import.meta.dirname, '../..')
const plugins: Plugin[] = createRequire(import.meta.url)('../../infra/bundle/plugins.cjs')

/** Takes the place of all that only a verification with a proof needs. */
const noProofs: Plugin = {
  name: 'no-proofs',
  setup({ onLoad }) {
    const filter = /lib[\\/](proof[\\/]\w+|settings[\\/]proof|api[\\/]proof-request)\.ts$/
    const contents = `
      export const [prover, proofSettings, proofRequest] = [null, () => null, () => null]
      export const [proofSets, boundToProof] = [() => [], () => '']`
    onLoad({ filter }, () => ({ contents }))
  },
}

/** Bytes of verify's bundle, as it is and zipped. */
export async function measureProofBytes(): Promise<{ bytes: Both; zipBytes: Both }> {
  const entry = join(repository, 'functions/verify.ts')
  const options = { ...bestWay, legalComments: 'none' } as const
  const real = await bundle(entry, { ...options, plugins })
  const stubbed = await bundle(entry, { ...options, plugins: [noProofs, ...plugins] })
  const zipped = (content: Uint8Array) => deflateRawSync(content, { level: 9 }).length
  return {
    bytes: { without: stubbed.length, with: real.length },
    zipBytes: { without: zipped(stubbed), with: zipped(real) },
  }
}

/** The environment of a verify that makes proofs. */
export function proofEnvironment(apiKey: string): Record<string, string> {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const key = privateKey.export({ format: 'der', type: 'pkcs8' }).toString('base64')
  const principal = { name: 'bench', hash: hashApiKey(apiKey), scopes, audiences: ['bench'] }
  return {
    OTP_PROOF_ISSUER: 'https://otp.example',
    OTP_PROOF_KEYS: JSON.stringify([{ from: 0, key }]),
    OTP_API_KEYS: JSON.stringify([principal]),
  }
}

/** Milliseconds of processor that a warm verification takes, medians of runs in turn. */
export async function measureProofs(task: Task): Promise<Both> {
  const verify = subject(task, 'verify')
  const one = await challenged('proved')
  const ids = { userId: one.device.userId, deviceId: one.device.deviceId }
  const verified = (body: object) => async () => {
    await put(one)
    const before = process.cpuUsage()
    await verify(200, { ...ids, body: { token: one.drawn.token, ...body } })
    const { user, system } = process.cpuUsage(before)
    return (user + system) / 1000
  }
  const works = { without: verified({}), with: verified({ audience: 'bench' }) }
  const { without, with: proved } = await inTurn(task.rounds, works)
  return { without: without.p50, with: proved.p50 }
}

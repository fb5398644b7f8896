// npm run proofs: has PyJWT accept proofs and refuse what is none, as aws-jwt-verify and jose do in
// the tests.
import { createHmac, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stopWithNpm, takeNoArguments } from '../../infra/commands/npm.ts'
import { newDevice } from '../../lib/device/device.ts'
import { publicJwk } from '../../lib/proof/key.ts'
import { prover } from '../../lib/proof/proof.ts'
import { endPrograms, programPath, runProgram } from '../tools/programs.ts'
import { ensurePython, ToolsMissing, toolsMissingExitCode } from '../tools/python.ts'

const help = `Usage: npm run proofs

Has PyJWT read proofs: right ones, and altered, late, early, for another audience, of a dropped key, by another
algorithm. It needs python3. Exit code 1: one came out otherwise; ${toolsMissingExitCode}: PyJWT cannot be had here.`

const issuer = 'https://otp.example'
const longestMs = 60_000

interface Case {
  name: string
  accepted: boolean
  proof: string
  keys: object[]
  audience: string
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, stop)
stopWithNpm('proofs', stop)
try {
  takeNoArguments('proofs', help)
  const python = await ensurePython()
  process.exitCode = await check(cases(), python)
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = error instanceof ToolsMissing ? toolsMissingExitCode : 1
}

function cases(): Case[] {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const { privateKey: other } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const keys = [publicJwk(privateKey)]
  const now = Date.now()
  const given = proofAt(privateKey, now)
  const [head = '', claims = '', signature = ''] = given.split('.')
  const parsed = JSON.parse(Buffer.from(claims, 'base64url').toString())
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url')
  const { kid } = JSON.parse(Buffer.from(head, 'base64url').toString())
  const forged = (secret: string) => {
    const signed = `${encode({ alg: 'HS256', typ: 'JWT', kid })}.${claims}`
    return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`
  }
  const pem = createPublicKey(privateKey).export({ type: 'spki', format: 'pem' }).toString()
  const right: Case = { name: 'a proof', accepted: true, proof: given, keys, audience: 'transfer' }
  const wrong = (name: string, changed: Partial<Case>): Case => ({
    ...{ ...right, name, accepted: false },
    ...changed,
  })
  return [
    right,
    { ...right, name: 'beside another key', keys: [publicJwk(other), ...keys] },
    wrong('altered', { proof: [head, encode({ ...parsed, aud: 'other' }), signature].join('.') }),
    wrong('late', { proof: proofAt(privateKey, now - 301_000) }),
    wrong('early', { proof: proofAt(privateKey, now + 60_000) }),
    wrong('for another audience', { audience: 'other' }),
    wrong('of a dropped key', { keys: [publicJwk(other)] }),
    wrong('without a signature', { proof: `${encode({ alg: 'none', typ: 'JWT' })}.${claims}.` }),
    wrong('by the public key as PEM for a secret', { proof: forged(pem) }),
    wrong('by the public key as JWK for a secret', { proof: forged(JSON.stringify(keys[0])) }),
  ]
}

/** A proof of a device whose token was used at a moment. */
function proofAt(privateKey: KeyObject, at: number): string {
  const fresh = newDevice({
    ...{ userId: 'alice', deviceId: 'phone', name: '', number: '+15555550100', country: '' },
    ...{ confirmed: true, factorMs: 1000, now: at },
  })
  const attempts = { ...fresh.attempts, id1: 'attempt', ok1: true, was1: true }
  const key = privateKey.export({ format: 'der', type: 'pkcs8' }).toString('base64')
  const settings = { issuer, validitySeconds: 300, acr: null, showsNumber: false }
  const prove = prover({ audience: 'transfer', nonce: 'n', forTests: false }, settings, {
    OTP_PROOF_KEYS: JSON.stringify([{ from: 0, key }]),
  })
  return prove({ ...fresh, usedNow: at, viaNow: 1, attempts }, 'attempt')?.proof ?? ''
}

async function check(all: Case[], bin: string): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'proofs-'))
  const file = join(folder, 'cases.json')
  await writeFile(file, JSON.stringify(all.map(one => ({ ...one, issuer, sub: 'alice' }))))
  const script = join(import.meta.dirname, 'check.py')
  const ended = await runProgram([join(bin, 'python'), script, file], {
    cwd: import.meta.dirname,
    env: { PATH: programPath },
    longestMs,
  })
  await rm(folder, { recursive: true })
  if (ended.code !== 0) throw new Error(ended.output)
  const wrong = JSON.parse(ended.stdout) as string[]
  for (const name of wrong) console.log(`PyJWT says otherwise: ${name}`)
  console.log(`proofs: ${all.length} cases read by PyJWT, ${wrong.length} otherwise`)
  return wrong.length === 0 ? 0 : 1
}

function stop(): void {
  endPrograms()
  process.exit(1)
}

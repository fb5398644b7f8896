// The bundles of released versions, for tests that run old and new functions beside each other.
import { readdirSync, readFileSync } from 'node:fs'
import { createRequire, Module } from 'node:module'
import { join, resolve } from 'node:path'
import { brotliDecompressSync } from 'node:zlib'
import type { invoke } from '../support/lambda.ts'

/** The functions that write to a device, and one that only Twilio calls. */
export const keptFunctions = [
  'challenge',
  'verify',
  'update-device',
  'reset',
  'status-callback',
] as const

/** One of them. */
export type KeptFunction = (typeof keptFunctions)[number]

type Handler = Parameters<typeof invoke>[0]

const folder = resolve(import.meta.dirname, '../fixtures/releases')

/** The versions whose bundles are kept, such as 0.2.0. */
export const releases = (): string[] => readdirSync(folder)

/** The bundle of a function of a release. */
export function readReleased(version: string, name: KeptFunction): Buffer {
  return brotliDecompressSync(readFileSync(join(folder, version, `${name}.cjs.br`)))
}

/** Loads a function of a release, with the environment as it is now. */
export function loadReleased(version: string, name: KeptFunction): Handler {
  const file = join(folder, version, `${name}.cjs`)
  const bundle = readReleased(version, name).toString('utf8')
  const loaded = new Module(file) as Module & { _compile(code: string, file: string): void }
  loaded.paths = createRequire(import.meta.url).resolve.paths('x') ?? []
  loaded._compile(bundle, file)
  return loaded.exports.handler
}

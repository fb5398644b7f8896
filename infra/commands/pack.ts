// npm pack: what one installs is the client alone. Before it, the client is built into dist/client,
// and package.json is without what only the service needs, so that no dependency comes along; after
// it, package.json is as it was.
import { execFileSync } from 'node:child_process'
import {
  existsSync,
  globSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { buildSync } from 'esbuild'

const root = resolve(import.meta.dirname, '../..')
const manifest = join(root, 'package.json')
/** package.json as it was, while it is being packed. */
const kept = join(root, '.local', 'package.json')
const folder = join(root, 'dist', 'client')

/** Builds the client: one file of JavaScript, and its types. */
export function buildClient(): void {
  rmSync(folder, { recursive: true, force: true })
  buildSync({
    entryPoints: [join(root, 'lib/client/client.ts')],
    outfile: join(folder, 'client.js'),
    bundle: true,
    format: 'esm',
    target: 'es2022',
    minifyWhitespace: true,
    minifySyntax: true,
  })
  const tsc = join(createRequire(import.meta.url).resolve('typescript/package.json'), '../bin/tsc')
  execFileSync(process.execPath, [tsc, '-p', join(root, 'lib/client')])
  for (const file of globSync('*.d.ts', { cwd: folder })) {
    const path = join(folder, file)
    writeFileSync(path, readFileSync(path, 'utf8').replaceAll(/(from '\.\/\w+)\.ts'/g, "$1.js'"))
  }
}

function restore(): void {
  if (existsSync(kept)) renameSync(kept, manifest)
}

if (import.meta.main) {
  // Of a pack that was killed.
  restore()
  if (process.argv[2] !== '--restore') {
    buildClient()
    const whole = readFileSync(manifest, 'utf8')
    const { name, version, description, license, type, exports, files } = JSON.parse(whole)
    mkdirSync(join(root, '.local'), { recursive: true })
    writeFileSync(kept, whole)
    const packed = { name, version, description, license, type, exports, files }
    writeFileSync(manifest, `${JSON.stringify(packed, null, 2)}\n`)
  }
}

// npm run function-settings: writes function-settings.json, which says of each function which
// settings it reads, as they are named in its bundle. A test holds the file against the code.
import { globSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename, join, resolve } from 'node:path'
import { build } from 'esbuild'
import { functionSettings } from './settings.ts'

const root = resolve(import.meta.dirname, '../..')
const plugins = createRequire(import.meta.url)('../bundle/plugins.cjs')

/** Returns the settings that each function reads, by the function's name. */
export async function readFunctionSettings(): Promise<Record<string, string[]>> {
  const { outputFiles } = await build({
    entryPoints: globSync('functions/*.ts', { cwd: root }).toSorted(),
    absWorkingDir: root,
    outdir: 'out',
    bundle: true,
    minify: true,
    platform: 'node',
    format: 'cjs',
    mainFields: ['module', 'main'],
    plugins,
    write: false,
  })
  return Object.fromEntries(
    outputFiles.map(({ path, text }) => {
      const named = new Set(
        [...text.matchAll(names)].map(found => found[1] ?? found[2] ?? found[3]),
      )
      const read = Object.keys(functionSettings).filter(name => named.has(name))
      return [basename(path, '.js'), read]
    }),
  )
}

/** A name alone: a string of its own, or a member. Sentences name settings, too. */
const names = /["'`](OTP_\w+)["'`]|\.(OTP_\w+)|[{,](OTP_\w+)[:,}=]/g

if (import.meta.main) {
  const read = await readFunctionSettings()
  const file = join(import.meta.dirname, 'function-settings.json')
  await writeFile(file, `${JSON.stringify(read, null, 2)}\n`)
  const counts = Object.values(read).map(({ length }) => length)
  console.log(`${counts.length} functions, each with at most ${Math.max(...counts)} settings.`)
}

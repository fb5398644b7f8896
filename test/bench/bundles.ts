// What is measured: each function as a deploy packages it, and beside it what one would use
// instead.
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { deflateRawSync } from 'node:zlib'
import { type BuildOptions, build } from 'esbuild'
import { readZips, serverless } from '../support/package.ts'
import { copyServiceTo } from '../tools/service-copy.ts'

/**
 * A module that Node can load, and its sizes; `zipBytes` is that of the file alone for what is not
 * packaged.
 */
export interface Bundle {
  name: string
  path: string
  bytes: number
  zipBytes: number
}

/** The names of what is not one of our functions. */
export const rivals = {
  empty: 'empty handler',
  bareBest: 'bare document client, built the best way',
  bareDefault: 'bare document client, built the default way',
  straightforward: 'straightforward handler',
} as const

const inBench = (path: string) => join(import.meta.dirname, 'rivals', path)
const defaultWay: BuildOptions = { bundle: true, minify: true, platform: 'node', target: 'node24' }
/** As the functions are built, but for their plugins. */
export const bestWay: BuildOptions = {
  ...defaultWay,
  format: 'cjs',
  mainFields: ['module', 'main'],
}

/** Packages and builds everything into the folder; by name. */
export async function buildBundles(folder: string): Promise<Map<string, Bundle>> {
  const service = join(folder, 'service')
  const built = join(folder, 'bundles')
  await mkdir(service, { recursive: true })
  await mkdir(built, { recursive: true })
  await copyServiceTo(service)
  await serverless(service, ['package', '--stage', 'prod'])
  const bundles: Bundle[] = []
  const keep = async (name: string, content: Uint8Array, zipBytes?: number) => {
    const path = join(built, `${bundles.length}.cjs`)
    bundles.push({
      name,
      path,
      bytes: content.length,
      zipBytes: zipBytes ?? deflateRawSync(content, { level: 9 }).length,
    })
    await writeFile(path, content)
  }
  for (const [, { bytes, files }] of await readZips(service)) {
    for (const [file, content] of files) {
      await keep(file.replace(/^functions\/(.*)\.cjs$/, '$1'), content, bytes)
    }
  }
  await keep(rivals.empty, Buffer.from('exports.handler = async () => ({ statusCode: 200 })'))
  await keep(rivals.bareBest, await bundle(inBench('bare-client.ts'), bestWay))
  await keep(rivals.bareDefault, await bundle(inBench('bare-client.ts'), defaultWay))
  await keep(rivals.straightforward, await bundle(inBench('straightforward.ts'), defaultWay))
  return new Map(bundles.map(one => [one.name, one]))
}

/** Builds one file. */
export async function bundle(entry: string, options: BuildOptions): Promise<Uint8Array> {
  const { outputFiles } = await build({ ...options, entryPoints: [entry], write: false })
  return outputFiles[0]!.contents
}

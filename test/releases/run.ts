// npm run keep-release: keeps the bundles of this version under test/fixtures/releases, as they
// would be deployed. Later versions run beside them: what a released version wrote is read for
// ever.
import { mkdir, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { brotliCompressSync } from 'node:zlib'
import { takeNoArguments } from '../../infra/commands/npm.ts'
import packageJson from '../../package.json' with { type: 'json' }
import { readZips, serverless } from '../support/package.ts'
import { copyService } from '../tools/service-copy.ts'
import { keptFunctions } from './kept.ts'

const help = `Usage: npm run keep-release

Packages the service as prod, and keeps the bundles of ${keptFunctions.join(', ')} under
test/fixtures/releases/<version of package.json>, compressed with Brotli.`

takeNoArguments('keep-release', help)
const copy = await copyService('keep-release')
try {
  await serverless(copy.folder, ['package', '--stage', 'prod'])
  const zips = await readZips(copy.folder)
  const folder = resolve(import.meta.dirname, '../fixtures/releases', packageJson.version)
  await mkdir(folder, { recursive: true })
  for (const name of keptFunctions) {
    const bundle = zips.get(`${name}.zip`)?.files.get(`functions/${name}.cjs`)
    if (bundle === undefined) throw new Error(`There is no bundle of ${name}.`)
    const compressed = brotliCompressSync(bundle)
    await writeFile(join(folder, `${name}.cjs.br`), compressed)
    console.log(`${name}: ${compressed.length} bytes`)
  }
} finally {
  await copy.remove()
}

import { build } from 'esbuild'
import { createRequire } from 'node:module'
import { globSync } from 'node:fs'
export async function buildBundlesQuick(){
  const names=['challenge','status-callback','verify','traffic','audit']
  await build({entryPoints:names.map(n=>`functions/${n}.ts`),bundle:true,minify:true,platform:'node',target:'node24',format:'cjs',mainFields:['module','main'],outdir:'/tmp/h1bill',outExtension:{'.js':'.cjs'},plugins:createRequire(import.meta.url)('./infra/bundle/plugins.cjs')})
  return Object.fromEntries(names.map(n=>[n,`/tmp/h1bill/${n}.cjs`]))
}

// functions/admin.ts imports its page from a plugin of esbuild; here from one of Vite.
import { createRequire } from 'node:module'
import { build } from 'esbuild'

const load = createRequire(import.meta.url)

/** Gives functions/admin.ts the page that a deploy would build. */
export const consolePage = {
  name: 'console-page',
  resolveId: (id: string) => (id === 'console:page' ? `\0${id}` : undefined),
  async load(id: string) {
    if (id !== '\0console:page') return
    const { outputFiles } = await build({
      stdin: { contents: "export { page } from 'console:page'" },
      plugins: load('../../infra/bundle/console-page.cjs'),
      bundle: true,
      format: 'esm',
      write: false,
    })
    return outputFiles[0]?.text
  },
}

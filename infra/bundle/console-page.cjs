// The admin console (lib/console) as one HTML page. functions/admin.ts imports it as
// `console:page`, and this plugin resolves that wherever esbuild bundles the functions: in
// `serverless package`, npm start and the tests. So the page is built together with its function,
// and no generated file is left behind.
const { createHash } = require('node:crypto')
const { readFile } = require('node:fs/promises')
const { join } = require('node:path')
const { build } = require('esbuild')

const folder = join(__dirname, '../../lib/console')
const htmlFile = join(folder, 'page.html')

const consolePage = {
  name: 'console-page',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^console:page$/ }, ({ path }) => ({ path, namespace: 'console' }))
    onLoad({ filter: /.*/, namespace: 'console' }, async () => {
      const { script, style, sources } = await bundleConsole()
      const html = (await readFile(htmlFile, 'utf8'))
        .replace('<style></style>', () => `<style>${style}</style>`)
        .replace(
          '<script type="module"></script>',
          () => `<script type="module">${script}</script>`,
        )
      const page = { html, contentSecurityPolicy: policyFor(script, style) }
      return {
        contents: `export const page = ${JSON.stringify(page)}`,
        watchFiles: [...sources, htmlFile],
      }
    })
  },
}

async function bundleConsole() {
  const { outputFiles, metafile } = await build({
    entryPoints: [join(folder, 'main.tsx')],
    outdir: folder,
    write: false,
    metafile: true,
    bundle: true,
    minify: true,
    charset: 'utf8',
    format: 'esm',
    target: ['chrome111', 'firefox113', 'safari16.4'],
    jsx: 'automatic',
    jsxImportSource: 'preact',
    // The page, and so its hashes, must not depend on the folder that the build is started in.
    absWorkingDir: join(__dirname, '../..'),
  })
  const textOf = ending => outputFiles.find(({ path }) => path.endsWith(ending)).text.trim()
  const sources = Object.keys(metafile.inputs).map(path => join(__dirname, '../..', path))
  return { script: textOf('.js'), style: textOf('.css'), sources }
}

/**
 * Only this script and style run, only the API on the same origin can be called, and no site can
 * frame the page.
 */
function policyFor(script, style) {
  return [
    "default-src 'none'",
    `script-src '${hashOf(script)}'`,
    `style-src '${hashOf(style)}'`,
    "connect-src 'self'",
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; ')
}

function hashOf(text) {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`
}

module.exports = [consolePage]

// A bundle has only the schemas that its function checks with. valibot says that its calls have no side effects, and
// esbuild sees that only within valibot's own file: here it is said again at each call.
const { readFile } = require('node:fs/promises')

module.exports = [
  {
    name: 'lean-schemas',
    setup(build) {
      build.onLoad({ filter: /[\\/]lib[\\/]api[\\/]schemas\.ts$/ }, async ({ path }) => ({
        contents: (await readFile(path, 'utf8')).replaceAll(/\bv\.\w+[(<]/g, '/* @__PURE__ */ $&'),
        loader: 'ts',
      }))
    },
  },
]

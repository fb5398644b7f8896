// Leaves out of a bundle the schemas that its function does not use. valibot marks its calls as
// free of side effects, but esbuild sees the mark only within valibot's own file. So this plugin
// repeats the mark at each call.
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

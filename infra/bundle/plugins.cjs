// The plugins of esbuild with which every function is bundled: serverless.yml names one file.
module.exports = [
  ...require('./lean-sdk.cjs'),
  ...require('./lean-schemas.cjs'),
  ...require('./console-page.cjs'),
]

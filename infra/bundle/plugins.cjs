// The esbuild plugins of every function's bundle, because serverless.yml takes one file.
module.exports = [
  ...require('./lean-sdk.cjs'),
  ...require('./lean-schemas.cjs'),
  ...require('./console-page.cjs'),
  ...require('./preparation.cjs'),
]

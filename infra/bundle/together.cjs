// A plugin of osls. serverless-esbuild builds each function alone, and so reads the AWS SDK once a
// function. Together they are built in less time, and the bundles are the same.
const { build } = require('esbuild')
const serverlessEsbuild = require('serverless-esbuild/dist/bundle.js')

const { bundle: bundleOneByOne } = serverlessEsbuild

async function bundleTogether() {
  this.prepare()
  // It copies each bundle into the machine's temporary folder, and fails to remove it there, as it
  // removes empty folders alone. Its own work folder goes as a whole.
  process.env.TMPDIR = this.workDirPath
  const entries = this.functionEntries.map(({ entry }) => entry)
  const { bundle, minify, platform, target, format, mainFields, legalComments } = this.buildOptions
  await build({
    ...{ bundle, minify, platform, target, format, mainFields, legalComments },
    entryPoints: entries,
    outbase: '.',
    outdir: this.buildDirPath,
    plugins: this.plugins,
    outExtension: { '.js': this.buildOptions.outputFileExtension },
  })
  // What was built before is asked to rebuild itself, and has nothing to do.
  this.buildCache = Object.fromEntries(entries.map(entry => [entry, { result: { rebuild() {} } }]))
  return bundleOneByOne.call(this)
}

/** osls makes one of each plugin, this one before serverless-esbuild. */
function Together() {
  serverlessEsbuild.bundle = bundleTogether
}

module.exports = Together

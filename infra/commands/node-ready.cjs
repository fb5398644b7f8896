// Before a command: an install without scripts has no Node.js 24 in node_modules, and an older one
// reads no TypeScript.
if (!process.features.typescript) {
  console.error(
    `Node.js ${process.versions.node} cannot run this; install the project's own: ` +
      'npm rebuild --ignore-scripts=false node esbuild',
  )
  process.exitCode = 1
}

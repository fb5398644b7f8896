// Has a function made ready while Lambda loads it, when it has a whole processor and not the share
// of its memory. A bundle is CommonJS, which cannot wait; but Lambda's runtime imports it
// (aws-lambda-ric 4, `await import`), and whoever awaits a module that exports `then` gets what
// that resolves to. Where a runtime does not, the first request does the same by itself.
const footer = `
module.exports.then = done => Promise.resolve(module.exports.handler.prepare?.()).then(
  () => done({ handler: module.exports.handler }),
)
`

module.exports = [
  {
    name: 'preparation',
    setup({ initialOptions }) {
      // A page's script has no handler.
      if (initialOptions.format === 'cjs') initialOptions.footer = { js: footer.trim() }
    },
  },
]

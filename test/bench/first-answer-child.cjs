// One fresh process, as Lambda would start it: imports a bundle as Lambda's runtime does, says so,
// and answers one event. The parent limits its processor from then on, and measures.
const { writeSync } = require('node:fs')
const { pathToFileURL } = require('node:url')

const [bundle, event] = process.argv.slice(2)
const context = { awsRequestId: '00000000-0000-4000-8000-000000000000' }

import(pathToFileURL(bundle).href)
  .then(({ handler }) => {
    writeSync(3, 'loaded ')
    return handler(JSON.parse(event), context)
  })
  .then(
    ({ statusCode }) => {
      writeSync(3, `${statusCode}`)
      process.exit()
    },
    error => {
      console.error(error)
      process.exit(1)
    },
  )

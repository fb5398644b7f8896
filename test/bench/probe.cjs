// One fresh process, as Lambda would start it: loads a bundle, calls it so many times, and says
// what that took. Plain CommonJS and no channel to the parent but a file, so that nothing but the
// bundle is loaded.
const { writeSync } = require('node:fs')

const [bundle, job] = process.argv.slice(2)
const { event, calls } = JSON.parse(job)
const context = { awsRequestId: '00000000-0000-4000-8000-000000000000' }

const cpu = process.threadCpuUsage()
const startedAt = performance.now()
const { handler } = require(bundle)
const loadMs = performance.now() - startedAt
const { user, system } = process.threadCpuUsage(cpu)
const loadCpuMs = (user + system) / 1000
const { rss } = process.memoryUsage()

async function call() {
  const statuses = {}
  let answeredMs = null
  for (let left = calls; left > 0; left--) {
    const { statusCode } = await handler(structuredClone(event), context)
    answeredMs ??= performance.now() - startedAt
    statuses[statusCode] = (statuses[statusCode] ?? 0) + 1
  }
  return { answeredMs, statuses, rssAfterCalls: process.memoryUsage().rss }
}

call().then(
  called => {
    writeSync(3, JSON.stringify({ loadMs, loadCpuMs, rss, ...called }))
    process.exit()
  },
  error => {
    console.error(error)
    process.exit(1)
  },
)

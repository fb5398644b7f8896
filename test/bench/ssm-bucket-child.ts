// SSM as an account has it by default: 40 calls a second and no burst, beyond which it throttles.
// In a process of its own, so that its clock is not held up by who asks.
import { once } from 'node:events'
import { startSsmStandIn } from '../support/ssm-stand-in.ts'

const everyMs = (1_000 / 40) * Number(process.env.BENCH_SLOWNESS)

const [secrets] = (await once(process, 'message')) as [Record<string, string>]
const ssm = await startSsmStandIn()
for (const [name, value] of Object.entries(secrets)) ssm.put(name, value)
let nextAt = 0
ssm.behave = () => {
  const now = performance.now()
  if (now < nextAt) return 'throttles'
  // A bucket of one: what was not taken is not saved up.
  nextAt = now + everyMs
  return undefined
}
process.on('message', () => process.send?.(ssm.requests.length))
process.once('disconnect', () => process.exit())
process.send?.(ssm.url)

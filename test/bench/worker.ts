// A process that measures warm functions: one task in, one result out. Its output is the functions'
// log.
import { countRequests } from './counts.ts'
import { measureTables } from './growth-worker.ts'
import { measureLimitUnits } from './limit-units.ts'
import { measureLogins } from './login.ts'
import { measureProofs } from './proofs.ts'
import { measureThroughput } from './throughput.ts'
import { measureWarm } from './warm.ts'
import { measureChallengeWave, measureVerifyWave } from './wave.ts'

/** What a worker is to do. */
export interface Task {
  job: keyof typeof jobs
  /** Paths by name. */
  bundles: Record<string, string>
  apiKey: string
  rounds: number
}

const jobs = {
  measureWarm,
  measureThroughput,
  measureTables,
  countRequests,
  measureLimitUnits,
  measureLogins,
  measureProofs,
  measureVerifyWave,
  measureChallengeWave,
}

process.once('message', async (task: Task) => {
  const result = await jobs[task.job](task)
  process.send?.(result, () => process.exit())
})

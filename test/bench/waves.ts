// Waves of cold containers, each in a process of its own and in slow motion.
import { fork } from 'node:child_process'
import { join } from 'node:path'
import type { Results } from './results.ts'
import { firstMessage, type Stations } from './stations.ts'
import type { Wave } from './wave.ts'
import type { Task } from './worker.ts'

/** Seconds of ours for one of the wave's: two processors are to be those of all containers. */
const slowness = '10'

/** Measures waves of 200 and 400 containers, of verify and of challenge. */
export async function measureWaves(stations: Stations): Promise<Results['waves']> {
  const waves: Results['waves'] = []
  for (const asked of ['verify', 'challenge'] as const) {
    for (const containers of [200, 400]) waves.push(await measure(stations, asked, containers))
  }
  return waves
}

async function measure(
  { environment, apiKey, parameters, signal }: Stations,
  asked: 'verify' | 'challenge',
  rounds: number,
): Promise<Results['waves'][number]> {
  const ssm = fork(join(import.meta.dirname, 'ssm-bucket-child.ts'), {
    env: { ...process.env, BENCH_SLOWNESS: slowness },
    signal,
  })
  try {
    ssm.send(parameters)
    const url = await firstMessage<string>(ssm)
    const child = fork(join(import.meta.dirname, 'worker.ts'), {
      execArgv: ['--require', join(import.meta.dirname, 'slow-motion.cjs')],
      env: {
        ...environment,
        AWS_ENDPOINT_URL_SSM: url,
        BENCH_SLOWNESS: slowness,
        POWERTOOLS_LOG_LEVEL: 'SILENT',
      },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      signal,
    })
    const job = asked === 'verify' ? 'measureVerifyWave' : 'measureChallengeWave'
    child.send({ job, rounds, apiKey, bundles: {} } satisfies Task)
    const wave = await firstMessage<Wave>(child)
    ssm.send('count')
    return { asked, wave, ssmCalls: await firstMessage<number>(ssm) }
  } finally {
    ssm.kill()
  }
}

// A wave of cold containers, as a deploy makes one: each has its function made ready, and answers a
// request, all at once, before an SSM of 40 calls a second.
import { eventOf } from './event.ts'
import { type Challenged, challenged, putAll } from './subject.ts'
import type { Task } from './worker.ts'

/** What became of a wave's requests. */
export interface Wave {
  containers: number
  /** By status. */
  statuses: Record<string, number>
  /** 503s without Retry-After. */
  bare: number
  /** Of the refused: whose token was not right afterwards, or a failure was counted. */
  spent: number
  /** Until the last answer, from the beginning of the load. */
  seconds: number
}

type Handler = (
  event: unknown,
  context: unknown,
) => Promise<{ statusCode: number; headers: Record<string, string>; body: string }>

const context = { awsRequestId: '00000000-0000-4000-8000-000000000000' }

/** A wave of verifications, each of a right token of another device. */
export async function measureVerifyWave(task: Task): Promise<Wave> {
  const devices = await Promise.all(
    Array.from({ length: task.rounds }, (_, n) => challenged(`wave-${n}`)),
  )
  await putAll(devices)
  const { answers, seconds, handlers } = await wave(task, 'verify', n => rightOf(devices[n]!))
  let spent = 0
  const warm = handlers[answers.findIndex(({ statusCode }) => statusCode === 200)]!
  for (const [n, { statusCode }] of answers.entries()) {
    if (statusCode !== 503) continue
    const { body, statusCode: again } = await warm(
      eventOf(task.apiKey, rightOf(devices[n]!)),
      context,
    )
    if (again !== 200 || JSON.parse(body).device.throttle.failureCount !== 0) spent += 1
  }
  return { ...summed(answers), spent, seconds }
}

/** A wave of challenges, each of another device. */
export async function measureChallengeWave(task: Task): Promise<Wave> {
  const devices = await Promise.all(
    Array.from({ length: task.rounds }, (_, n) => challenged(`wave-${n}`)),
  )
  await putAll(devices)
  const { answers, seconds } = await wave(task, 'challenge', n => idsOf(devices[n]!))
  return { ...summed(answers), spent: 0, seconds }
}

const idsOf = ({ device: { userId, deviceId } }: Challenged) => ({ userId, deviceId })

const rightOf = (one: Challenged) => ({ ...idsOf(one), body: { token: one.drawn.token } })

async function wave(
  { rounds, apiKey }: Task,
  name: string,
  partsOf: (n: number) => Parameters<typeof eventOf>[1],
) {
  // A function of its own for each, with its clients, over code that they share: a machine has not
  // the processors of so many containers.
  const functions = await Promise.all(
    Array.from({ length: rounds }, async (_, n) => {
      const { handler } = await import(`../../functions/${name}.ts?container=${n}`)
      return handler as Handler & { prepare: () => Promise<void> }
    }),
  )
  const startedAt = performance.now()
  const answers = await Promise.all(
    functions.map(async (handler, n) => {
      await handler.prepare()
      return handler(eventOf(apiKey, partsOf(n)), context)
    }),
  )
  return { answers, handlers: functions, seconds: (performance.now() - startedAt) / 1000 }
}

function summed(answers: Awaited<ReturnType<Handler>>[]) {
  const statuses: Record<string, number> = {}
  for (const { statusCode } of answers) statuses[statusCode] = (statuses[statusCode] ?? 0) + 1
  const bare = answers.filter(
    ({ statusCode, headers }) => statusCode === 503 && !(Number(headers['retry-after']) > 0),
  ).length
  return { containers: answers.length, statuses, bare }
}

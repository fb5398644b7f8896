// Verifications a second, by how many clients at once, of right and of wrong tokens; each device is
// used once.
import { challenged, putAll, subject } from './subject.ts'
import type { Task } from './worker.ts'

const clients = [1, 8, 64]

/**
 * Verifications a second by number of clients, through the handler, on the engine of the
 * environment.
 */
export async function measureThroughput(task: Task) {
  const verify = subject(task, 'verify')
  const rates: { clients: number; right: number; wrong: number }[] = []
  for (const at of clients) {
    const right = await rate('right', at)
    const wrong = await rate('wrong', at)
    rates.push({ clients: at, right, wrong })
  }
  return rates

  async function rate(which: 'right' | 'wrong', atOnce: number): Promise<number> {
    const ids = Array.from({ length: task.rounds }, (_, n) => `${which}-${atOnce}-${n}`)
    const waiting = await Promise.all(ids.map(id => challenged(id)))
    await putAll(waiting)
    const startedAt = performance.now()
    await Promise.all(
      Array.from({ length: atOnce }, async () => {
        for (let one = waiting.pop(); one; one = waiting.pop()) {
          const { userId, deviceId } = one.device
          const token = which === 'right' ? one.drawn.token : 'wrong'
          await verify(which === 'right' ? 200 : 403, { userId, deviceId, body: { token } })
        }
      }),
    )
    return task.rounds / ((performance.now() - startedAt) / 1000)
  }
}

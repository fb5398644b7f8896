// The shared counters that are full, remembered in the process for seconds: a refused flood writes
// nothing.
import { isShared } from '../settings/limits.ts'
import type { Counter } from './subject.ts'
import type { Window } from './window.ts'

/** So long a counter that an admin has emptied may still look full. */
const rememberedMs = 5_000

/** Bounds the memory: 245 countries with several shards are fewer. */
const mostRemembered = 10_000

const known = new Map<string, { until: number; full: string[] }>()

/** Remembers which windows of a counter are full, if it is a shared one. */
export function rememberFull(counter: Counter, windows: Window[]): void {
  if (!isShared(counter.limit)) return
  if (known.size >= mostRemembered) known.clear()
  const full = windows.map(({ attribute }) => attribute)
  known.set(nameOf(counter), { until: counter.now + rememberedMs, full })
}

/** Returns the windows of those counters that are remembered to be full. */
export function rememberedFull(counters: Counter[]): Window[] {
  return counters.flatMap(counter => {
    const remembered = known.get(nameOf(counter))
    if (remembered === undefined || remembered.until <= counter.now) return []
    return counter.windows.filter(({ attribute }) => remembered.full.includes(attribute))
  })
}

/** Forgets counters that were emptied. */
export function forgetFull(counters: Counter[]): void {
  for (const counter of counters) known.delete(nameOf(counter))
}

/** The key has the end of its window. */
function nameOf({ key, windows }: Counter): string {
  return `${key} ${windows[0].most}`
}

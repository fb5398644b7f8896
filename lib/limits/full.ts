// The shared counters that are full, remembered in the process for seconds: a refused flood writes
// nothing.
import { isShared } from '../settings/limits.ts'
import type { Counter } from './subject.ts'
import type { Window } from './window.ts'

/** So long a counter that an admin has emptied may still look full. */
const rememberedMs = 5_000

/** Bounds the memory: 245 countries with several shards are fewer. */
const mostRemembered = 10_000

const untilOf = new Map<string, number>()

/** Remembers a counter that is full, if it is a shared one. */
export function rememberFull(counter: Counter): void {
  if (!isShared(counter.limit)) return
  if (untilOf.size >= mostRemembered) untilOf.clear()
  untilOf.set(nameOf(counter), counter.now + rememberedMs)
}

/** Returns the windows of those counters that are remembered to be full. */
export function rememberedFull(counters: Counter[]): Window[] {
  return counters
    .filter(counter => (untilOf.get(nameOf(counter)) ?? 0) > counter.now)
    .flatMap(({ windows }) => windows)
}

/** Forgets counters that were emptied. */
export function forgetFull(counters: Counter[]): void {
  for (const counter of counters) untilOf.delete(nameOf(counter))
}

/** The key has the end of its window. */
function nameOf({ key, windows }: Counter): string {
  return `${key} ${windows[0]?.most}`
}

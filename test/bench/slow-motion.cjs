// Slow motion: in a process that begins with this every second takes BENCH_SLOWNESS of them, for
// clocks and timers alike. So one machine has the processors of hundreds of containers. Plain
// CommonJS, to come before every import.
const { syncBuiltinESMExports } = require('node:module')
const timers = require('node:timers')
const promises = require('node:timers/promises')

const slowness = Number(process.env.BENCH_SLOWNESS)
const startedAt = Date.now()
const { now } = performance
const dateNow = Date.now
const { timeout } = AbortSignal
const { setTimeout: wait } = timers
const { setTimeout: pause } = promises

performance.now = () => now.call(performance) / slowness
Date.now = () => startedAt + (dateNow() - startedAt) / slowness
AbortSignal.timeout = ms => timeout.call(AbortSignal, Math.ceil(ms * slowness))
timers.setTimeout = (work, ms = 0, ...given) => wait(work, ms * slowness, ...given)
globalThis.setTimeout = timers.setTimeout
promises.setTimeout = (ms = 0, ...given) => pause(ms * slowness, ...given)
syncBuiltinESMExports()

// Everything that one invocation of the bench found, as it is kept in .local/bench.json.
import type { Bill, FixedBill } from './bill.ts'
import type { Counted } from './counts.ts'
import type { FirstAnswer } from './first-answer.ts'
import type { LimitWrite } from './limit-units.ts'
import type { Loaded, measureCalls } from './load.ts'
import type { Logins } from './login.ts'
import type { Both } from './proofs.ts'
import type { Latency } from './statistics.ts'
import type { measureThroughput } from './throughput.ts'
import type { Wave } from './wave.ts'

/** Durations in milliseconds, by what they are of. */
export interface Results extends Billed {
  node: string
  cpus: number
  bundles: Record<string, { bytes: number; zipBytes: number }>
  loads: Record<string, Loaded>
  firstAnswers: Record<string, number>
  /** Over TLS, with the processor that Lambda gives. */
  firstAnswersOverTls: FirstAnswer[]
  warm: Record<string, Latency>
  /** What they cost verify. */
  proofs: { bytes: Both; zipBytes: Both; processorMs: Both }
  /** By name of the engine. */
  throughput: Record<string, Awaited<ReturnType<typeof measureThroughput>>>
  requests: Record<string, Counted>
  /** Of one challenge, as shipped. */
  limitWrites: LimitWrite[]
  /** By what was asked of the containers. */
  waves: { asked: 'verify' | 'challenge'; wave: Wave; ssmCalls: number }[]
  memory: Awaited<ReturnType<typeof measureCalls>>
  /**
   * Null where no engine that can hold a million devices is to be had; `growthMissing` says why.
   */
  growth: Record<string, Latency> | null
  growthMissing?: string
}

/** What a login costs. */
export interface Billed {
  logins: Logins
  /** Of a million logins, as shipped. */
  bill: Record<Rate, Bill>
  /** The same without something that can be switched off. */
  without: Record<string, Record<Rate, Bill>>
  fixed: FixedBill
}

/** One login at a time, or so many that every batch of the stream is full. */
export type Rate = 'lowRate' | 'fullBatches'

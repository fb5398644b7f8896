// The log and the metrics. What is written here is safe by construction: names, codes, masked numbers and
// stack frames. Foreign messages are left out: a parser quotes what it choked on, a client its request.
import { Logger } from '@aws-lambda-powertools/logger'
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics'

/** The logger of this function; its service name comes from POWERTOOLS_SERVICE_NAME. */
export const logger = new Logger()

const metrics = new Metrics()

/** Counts one end of an operation, such as `verify` and `invalid_token`. */
export function countOutcome(operation: string, outcome: string): void {
  metrics
    .singleMetric()
    .addDimension('operation', operation)
    .addMetric(outcome, MetricUnit.Count, 1)
}

/** What may be logged of an error: its name and code, where it was thrown, and the same of its cause. */
export function describeError(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { name: typeof error }
  const { code, cause } = error as Error & { code?: unknown }
  return {
    name: error.name,
    ...((typeof code === 'string' || typeof code === 'number') && { code }),
    frames: error.stack?.split('\n').filter(line => line.startsWith('    at ')),
    ...(cause !== undefined && { cause: describeError(cause) }),
  }
}

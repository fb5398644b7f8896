// The log and the metrics. Everything written here is safe by construction: names, codes, masked
// numbers and stack frames. Foreign messages are left out: a parser quotes its input, a client its
// request. The lines and environment variables are those of Powertools for AWS Lambda, which cost a
// tenth of verify's load and of its response time.

import { isMetric } from './metric-outcomes.ts'

type Level = 'INFO' | 'WARN' | 'ERROR'

/**
 * The levels that each setting of the log level lets through; any other setting lets through all.
 */
const shownAt: Record<string, Level[]> = {
  WARN: ['WARN', 'ERROR'],
  ERROR: ['ERROR'],
  CRITICAL: [],
  FATAL: [],
  SILENT: [],
}

/**
 * The log of this function, one line of JSON per entry. Its service name comes from
 * POWERTOOLS_SERVICE_NAME.
 */
export const logger = {
  info(message: string, members: object): void {
    if (isShown('INFO')) process.stdout.write(lineOf('INFO', message, members))
  },
  warn(message: string, members: object = {}): void {
    if (isShown('WARN')) process.stderr.write(lineOf('WARN', message, members))
  },
  error(message: string, members: object): void {
    if (isShown('ERROR')) process.stderr.write(lineOf('ERROR', message, members))
  },
}

function isShown(level: Level): boolean {
  const { AWS_LAMBDA_LOG_LEVEL, POWERTOOLS_LOG_LEVEL = '' } = process.env
  const shown = shownAt[(AWS_LAMBDA_LOG_LEVEL ?? POWERTOOLS_LOG_LEVEL).toUpperCase()]
  return shown === undefined || shown.includes(level)
}

function lineOf(level: Level, message: string, members: object): string {
  const line = {
    level,
    message,
    timestamp: new Date().toISOString(),
    service: serviceName(),
    xray_trace_id: /Root=([^;]+).*Sampled=1/.exec(process.env._X_AMZN_TRACE_ID ?? '')?.[1],
    ...members,
  }
  return `${JSON.stringify(line)}\n`
}

function serviceName(): string {
  return process.env.POWERTOOLS_SERVICE_NAME ?? 'service_undefined'
}

/**
 * Logs a request that has ended, and counts its outcome, such as `invalid_token` of `verify`, in
 * the same line: CloudWatch takes metrics out of any line of JSON that has them.
 */
export function logOutcome(
  level: 'info' | 'error',
  { operation, outcome }: { operation: string; outcome: string },
  members: object,
): void {
  const isLogged = isShown(level === 'info' ? 'INFO' : 'ERROR')
  const isCounted = isMetric(operation, outcome)
  const metric = isCounted ? metricsOf({ operation }, [{ name: outcome, value: 1 }]) : undefined
  if (isLogged) logger[level](operation, { ...members, ...metric })
  else countOutcome(operation, outcome)
}

/**
 * Counts an outcome of an operation in CloudWatch's embedded metric format; nothing where that is
 * no metric.
 */
export function countOutcome(operation: string, outcome: string, value = 1): void {
  if (isMetric(operation, outcome)) writeMetrics({ operation }, [{ name: outcome, value }])
}

/** A figure that can be summed: a count, or dollars. */
export interface Metric {
  name: string
  value: number
  unit?: 'Count' | 'None'
}

/** Adds figures to the metrics of the service. */
export function addMetrics(figures: Metric[]): void {
  writeMetrics({}, figures)
}

function writeMetrics(dimensions: Record<string, string>, figures: Metric[]): void {
  const line = metricsOf(dimensions, figures)
  if (line !== undefined) process.stdout.write(`${JSON.stringify(line)}\n`)
}

/** Returns what makes a line one of metrics; undefined where those are disabled. */
function metricsOf(dimensions: Record<string, string>, figures: Metric[]): object | undefined {
  const { POWERTOOLS_METRICS_NAMESPACE: Namespace = 'default_namespace' } = process.env
  if (process.env.POWERTOOLS_METRICS_DISABLED === 'true') return undefined
  const Dimensions = [['service', ...Object.keys(dimensions)]]
  const Metrics = figures.map(({ name, unit = 'Count' }) => ({ Name: name, Unit: unit }))
  return {
    _aws: { Timestamp: Date.now(), CloudWatchMetrics: [{ Namespace, Dimensions, Metrics }] },
    service: serviceName(),
    ...dimensions,
    ...Object.fromEntries(figures.map(({ name, value }) => [name, value])),
  }
}

/**
 * Returns what may be logged of an error: its name, its code, where it was thrown, and the
 * same of its cause.
 */
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

// What a million logins cost at AWS's list prices, by service and by function: from what was
// counted and measured of them. The SMS themselves are Twilio's bill.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { parse } from 'yaml'
import type { Cost, LoginCost, Logins } from './login.ts'
import { memoryOfOneCpuMb, prices } from './prices.ts'

/** Dollars per million logins, by service. */
export interface Bill {
  gateway: number
  lambda: number
  writes: number
  reads: number
  events: number
  logs: number
  total: number
}

/**
 * What cannot be measured here: typical waits for DynamoDB or EventBridge in the region and for
 * Twilio, milliseconds.
 */
const waitMs = { aws: 5, twilio: 150 }

const load = createRequire(import.meta.url)
const { provider, functions } = parse(
  readFileSync(new URL('../../serverless.yml', import.meta.url), 'utf8'),
  { merge: true },
)

/** Of each line: CloudWatch counts so many bytes more. */
const lineBytes = 26
/** START, END and REPORT of an invocation, three lines, where Lambda writes them. */
const systemBytes = provider.logs.lambda?.systemLogLevel === 'WARN' ? 0 : 330 + 3 * lineBytes

/** API Gateway's own line, with values of the usual length. */
const usual: Record<string, number> = {
  requestId: 16,
  'identity.sourceIp': 13,
  routeKey: 50,
  status: 3,
  responseLatency: 3,
  integrationLatency: 3,
  integrationErrorMessage: 1,
  'error.responseType': 1,
  'identity.userAgent': 40,
}
const accessBytes =
  String(provider.logs.httpApi.format).replaceAll(/\$context\.([\w.]+)/g, (_, name) =>
    'x'.repeat(usual[name] ?? 20),
  ).length + lineBytes

/** What an operator can switch off, and how. */
export const switches = {
  'events on the bus': { OTP_EVENT_BUS: 'off' },
  'delivery status': { OTP_PUBLIC_URL: '' },
  'limits on sends': { OTP_TWILIO_LIMITS: 'off' },
  'the breaker': { OTP_TWILIO_BREAKER: 'off' },
  'the timeline': { OTP_TIMELINE_DAYS: '0' },
  'an Idempotency-Key': { BENCH_KEY: 'off' },
} as const satisfies Record<string, Record<string, string>>

/** Functions that API Gateway calls. */
const requested = ['challenge', 'status-callback', 'verify']

/** Computes the bill of a login, with functions of so much memory. */
export function computeBill(login: LoginCost, memoryMb: number = provider.memorySize): Bill {
  return sum(Object.entries(login).map(([name, cost]) => billOf(name, cost, memoryMb)))
}

/** Computes the bill of one function's part of it. */
export function billOf(name: string, cost: Cost, memoryMb: number = provider.memorySize): Bill {
  const isRequested = requested.includes(name)
  const gateway = isRequested ? cost.invocations * prices.gatewayRequests : 0
  const gbSeconds = (billedMsOf(cost, memoryMb) / 1000) * (memoryMb / 1024) * 1e6
  const lambda = cost.invocations * prices.lambdaRequests + gbSeconds * prices.lambdaGbSecond
  const units = Object.values(cost.writes).reduce((all, one) => all + one, 0)
  const bytes =
    cost.bytes +
    cost.lines * lineBytes +
    cost.invocations * (systemBytes + (isRequested ? accessBytes : 0))
  return total({
    gateway,
    lambda,
    writes: units * prices.dynamodbWrites,
    reads: cost.reads * prices.dynamodbReads,
    events: cost.events * prices.events,
    logs: (bytes / 1e9) * 1e6 * prices.logsGb,
  })
}

function billedMsOf(cost: Cost, memoryMb: number = provider.memorySize): number {
  return (
    cost.processorMs * Math.max(memoryOfOneCpuMb / memoryMb, 1) +
    cost.roundTrips * waitMs.aws +
    cost.sends * waitMs.twilio +
    // A begun millisecond is a whole one.
    cost.invocations / 2
  )
}

function sum(bills: Bill[]): Bill {
  const of = (name: keyof Bill) => bills.reduce((all, bill) => all + bill[name], 0)
  return total({
    gateway: of('gateway'),
    lambda: of('lambda'),
    writes: of('writes'),
    reads: of('reads'),
    events: of('events'),
    logs: of('logs'),
  })
}

function total(parts: Omit<Bill, 'total'>): Bill {
  return { ...parts, total: Object.values(parts).reduce((all, part) => all + part, 0) }
}

/** What a reader of the stream takes for a full batch, and what that is in records a second. */
export interface Reading {
  records: number
  processorMs: number
  roundTrips: number
  /** With the memory that is shipped. */
  batchMs: number
  /** Of one shard, with as many batches of it at once as are shipped. */
  recordsASecond: number
}

/** Computes it of both readers. */
export function readersOf({ logins }: { logins: Logins }): Record<string, Reading> {
  return Object.fromEntries(
    Object.entries(logins.batches).map(([name, { records, invocations, ...cost }]) => {
      const each = (sum: number) => sum / invocations
      const { processorMs, roundTrips } = cost
      const batchMs = billedMsOf({
        ...cost,
        processorMs: each(processorMs),
        roundTrips: each(roundTrips),
        invocations: 1,
      })
      const { parallelizationFactor } = functions[name].events[0].stream
      return [
        name,
        {
          records: each(records),
          processorMs: each(processorMs),
          roundTrips: each(roundTrips),
          batchMs,
          recordsASecond: (parallelizationFactor * each(records) * 1000) / batchMs,
        },
      ]
    }),
  )
}

/** Dollars of a month with so many logins, by their number. */
export function monthsOf({
  bill,
  fixed,
}: {
  bill: Record<'lowRate' | 'fullBatches', Bill>
  fixed: FixedBill
}) {
  // Ten million a month are four a second: still too few to fill the batches of every shard.
  return [0, 1_000, 100_000, 10_000_000].map(logins => ({
    logins,
    dollars: fixed.total + (logins / 1e6) * bill.lowRate.total,
  }))
}

/** Dollars a month that a stage costs whether or not anybody logs in. */
export interface FixedBill {
  metrics: { count: number; dollars: number }
  alarms: { count: number; dollars: number }
  dashboard: number
  total: number
}

const variables: Record<string, string> = {
  'self:service': 'otp',
  'sls:stage': 'bill',
  'self:provider.environment.POWERTOOLS_METRICS_NAMESPACE': 'otp/bill',
}
const resolveVariable = async (name: string) => variables[name]

/**
 * Computes it: our own metrics, each from the first time that it is written in a month, as if all
 * were; the metrics of alarms; and a dashboard beyond the three that are free.
 */
export async function fixedBill(): Promise<FixedBill> {
  // A deployment needs a sender.
  process.env.OTP_TWILIO_FROM ??= '+15005550006'
  const watch = join(import.meta.dirname, '../../infra/stack/watch')
  const { Resources } = await load(join(watch, 'alarms.cjs'))({ resolveVariable })
  const { Resources: drawn } = await load(join(watch, 'dashboard.cjs'))({ resolveVariable })
  const watched = (Object.values(Resources) as { Properties: { Metrics?: object[] } }[]).flatMap(
    ({ Properties }) => (Properties.Metrics ?? []).filter(one => 'MetricStat' in one),
  )
  const lines: { properties: { metrics: unknown[][] } }[] = JSON.parse(
    drawn.Dashboard.Properties.DashboardBody['Fn::Sub'],
  ).widgets
  const ours = [
    ...watched.map(one => textOf((one as { MetricStat: { Metric: Metric } }).MetricStat.Metric)),
    ...lines
      .flatMap(({ properties }) => properties.metrics)
      .filter(line => line.length > 1)
      .map(line => line.slice(0, -1).join(' ')),
  ].filter(name => name.startsWith('otp/bill ') || name.includes('EventSourceMappingUUID'))
  const metrics = { count: new Set(ours).size, dollars: new Set(ours).size * prices.metric }
  const alarms = { count: watched.length, dollars: watched.length * prices.alarmMetric }
  const total = metrics.dollars + alarms.dollars + prices.dashboard
  return { metrics, alarms, dashboard: prices.dashboard, total }
}

interface Metric {
  Namespace: string
  MetricName: string
  Dimensions: { Name: string; Value: string | { Ref: string } }[]
}

function textOf({ Namespace, MetricName, Dimensions }: Metric): string {
  const dimensions = Dimensions.flatMap(({ Name, Value }) => [
    Name,
    typeof Value === 'string' ? Value : `\${${Value.Ref}}`,
  ])
  return [Namespace, MetricName, ...dimensions].join(' ')
}

// What a million logins cost, each one challenge and one verification, at AWS's list prices: from
// the requests that were counted and the processor time that was measured. The SMS themselves are
// Twilio's bill.
import type { Counted } from './counts.ts'
import { memoryOfOneCpuMb, prices } from './prices.ts'

/** Dollars per million logins, by memory of the functions in MB. */
export type Bill = Record<
  string,
  { gateway: number; lambda: number; dynamodb: number; logs: number; total: number }
>

/**
 * What cannot be measured here: typical waits for DynamoDB in the region and for Twilio,
 * milliseconds.
 */
const waitMs = { dynamodb: 5, twilio: 150 }
/**
 * A log line, a metrics line, Lambda's own START, END and REPORT, and API Gateway's: bytes,
 * estimated.
 */
const logBytes = 1_700
/** An item stays below 1 KB; a test holds it there. */
const writeUnits = 1

/** Computes the bill. */
export function computeBill(
  requests: Record<string, Counted>,
  processorMs: Record<string, number>,
): Bill {
  const login = ['verify', 'challenge'].map(name => ({
    ...(requests[name === 'verify' ? 'verify, right token' : name] ?? { dynamodb: [], twilio: 0 }),
    processorMs: processorMs[name] ?? 0,
  }))
  const each = (what: (one: (typeof login)[number]) => number) =>
    login.reduce((sum, one) => sum + what(one), 0)
  const gateway = prices.gatewayRequests * login.length
  const dynamodb = each(one => one.dynamodb.length * writeUnits * prices.dynamodbWrites)
  const logs = (login.length * logBytes * 1e6 * prices.logsGb) / 1e9
  return Object.fromEntries(
    [128, 256, 512].map(memoryMb => {
      const billedMs = each(one =>
        Math.ceil(
          one.processorMs * Math.max(memoryOfOneCpuMb / memoryMb, 1) +
            one.dynamodb.length * waitMs.dynamodb +
            one.twilio * waitMs.twilio,
        ),
      )
      const gbSeconds = (billedMs / 1000) * (memoryMb / 1024) * 1e6
      const lambda = prices.lambdaRequests * login.length + gbSeconds * prices.lambdaGbSecond
      const total = gateway + lambda + dynamodb + logs
      return [memoryMb, { gateway, lambda, dynamodb, logs, total }]
    }),
  )
}

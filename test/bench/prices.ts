// AWS's list prices, in dollars, us-east-1, without any free tier, as of the date below: looked up
// in AWS's documentation where it names them (API Gateway) and else in several price lists of
// others that agree. Look at aws.amazon.com/<service>/pricing before you count on them.

/** When these were looked up. */
export const pricesOf = '2026-11-23'

/** Dollars. */
export const prices = {
  /** Per million requests. */
  lambdaRequests: 0.2,
  /** Per GB-second on arm64. */
  lambdaGbSecond: 0.0000133334,
  /** HTTP API, per million. */
  gatewayRequests: 1,
  /** On demand, per million write units of 1 KB. */
  dynamodbWrites: 0.625,
  /** On demand, per million read units of 4 KB. */
  dynamodbReads: 0.125,
  /** EventBridge, per million events of up to 64 KB. */
  events: 1,
  /** Per GB of log taken in. */
  logsGb: 0.5,
  /** CloudWatch, a month each. */
  metric: 0.3,
  alarmMetric: 0.1,
  /** Beyond the third of an account. */
  dashboard: 3,
} as const

/**
 * Of a vCPU: what a function of so many MB is given (docs.aws.amazon.com/lambda, "Configure
 * memory").
 */
export const memoryOfOneCpuMb = 1769

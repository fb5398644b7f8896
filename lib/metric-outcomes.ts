// Which outcomes are metrics: those that an alarm watches or the dashboard draws, because each
// costs its monthly price from the first time that it is written. The log has all of them.

/** By operation; `all` where it is counted for nothing else. */
export const metricOutcomes: Readonly<Record<string, 'all' | readonly string[]>> = {
  challenge: ['limit_reached', 'delivery_failed', 'delivery_unknown'],
  verify: [
    'ok',
    'invalid_token',
    'throttled',
    'token_used_up',
    'no_token',
    'challenge_replaced',
    'device_disabled',
  ],
  limit: 'all',
  breaker: 'all',
  secrets: 'all',
  traffic: 'all',
  audit: 'all',
}

/** Whether an outcome of an operation is a metric. */
export function isMetric(operation: string, outcome: string): boolean {
  const outcomes = metricOutcomes[operation] ?? []
  return outcomes === 'all' || outcomes.includes(outcome)
}

// The metrics in what was logged: CloudWatch's embedded metric format, read as its specification
// says.
import { expect } from 'vitest'

/** A value of a metric under one set of dimensions. */
export interface Datum {
  namespace: string
  name: string
  unit: string
  dimensions: Record<string, string>
  value: number
}

/**
 * Reads every metric of the lines that hold some; a line that CloudWatch would drop fails the test.
 */
export function readMetrics(lines: string[]): Datum[] {
  return lines
    .join('')
    .split('\n')
    .filter(line => line.includes('"_aws"'))
    .map(line => JSON.parse(line))
    .flatMap(readLine)
}

// biome-ignore lint/suspicious/noExplicitAny: a line of a log
function readLine({ _aws, ...members }: any): Datum[] {
  expect(Math.abs(Date.now() - _aws.Timestamp)).toBeLessThan(3_600_000)
  const data: Datum[] = []
  for (const { Namespace, Dimensions, Metrics } of _aws.CloudWatchMetrics) {
    expect(Namespace).toMatch(/^[\w./#:-]{1,255}$/)
    expect(Metrics.length).toBeLessThanOrEqual(100)
    for (const set of Dimensions as string[][]) {
      const dimensions = Object.fromEntries(set.map(name => [name, members[name]]))
      for (const value of Object.values(dimensions)) expect(value).toMatch(/^[\x20-\x7e]{1,250}$/)
      for (const { Name: name, Unit: unit } of Metrics) {
        expect(members[name]).toBeTypeOf('number')
        data.push({ namespace: Namespace, name, unit, dimensions, value: members[name] })
      }
    }
  }
  return data
}

/** The sums by name, of the metrics with exactly these dimensions. */
export function sumsOf(data: Datum[], dimensions: Record<string, string>): Record<string, number> {
  const wanted = JSON.stringify(Object.entries(dimensions).sort())
  const sums: Record<string, number> = {}
  for (const { name, value, dimensions } of data) {
    if (JSON.stringify(Object.entries(dimensions).sort()) !== wanted) continue
    sums[name] = Number(((sums[name] ?? 0) + value).toFixed(6))
  }
  return sums
}

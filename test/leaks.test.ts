// Searches what the run has left behind: nothing secret of any test is in what all of them logged
// or were answered. It runs last, and after the whole suite: alone it has nothing to search, and
// says so.
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { recordFiles } from './support/record.ts'

interface Secret {
  kind: string
  value: string
}

/** Each line once: most of what a run leaves are repetitions. */
function readLines(file: string): string[] {
  return [...new Set(readFileSync(file, 'utf8').split('\n').filter(Boolean))]
}

const log = readLines(recordFiles.log)
const answers = readLines(recordFiles.answers)
const secrets = readLines(recordFiles.secrets).map(line => JSON.parse(line) as Secret)

/**
 * OTP_TWILIO_NO_DELIVERY's line, and the banner of npm start with the demo key, are there to show
 * one.
 */
const shown = (line: string) =>
  /"to":"\+\d+•/.test(line) || /demo key|Authorization: Bearer/.test(line)

/** A device is shown with its number, a verification with its proof: that is what was asked for. */
const withoutAsked = (line: string) =>
  line.replaceAll(/\\?"(number\\?":\\?"\+\d+|proof\\?":\\?"[\w-]+\.[\w-]+\.[\w-]+)\\?"/g, '')

/** The different parts of a text that match. */
function partsOf(lines: Iterable<string>, pattern: RegExp): Set<string> {
  return new Set([...lines].flatMap(line => line.match(pattern) ?? []))
}

/** A secret of nothing else cannot go beyond a part of it, so that each part is searched once. */
const [part, isPart] = [/[\w+/=.-]+/g, /^[\w+/=.-]+$/]

/** Where each kind was found; values are not named, this is a log too. */
function found(lines: string[]): Record<string, number> {
  const parts = partsOf(lines, part)
  // A token stands by itself: digits within a longer word are something else.
  const words = partsOf(parts, /[\w+-]+=*/g)
  const [searched, text] = [[...parts].join('\n'), lines.join('\n')]
  const counts: Record<string, number> = {}
  for (const { kind, value } of secrets) {
    const isThere =
      kind === 'token' ? words.has(value) : (isPart.test(value) ? searched : text).includes(value)
    if (isThere) counts[kind] = (counts[kind] ?? 0) + 1
  }
  return counts
}

describe('of the secrets that this run has left behind', () => {
  it('there are some of every kind, beside a log and answers to search', () => {
    const kinds = new Set(secrets.map(({ kind }) => kind))

    expect([...kinds].sort()).toEqual(['digest', 'key', 'number', 'proof', 'token'])
    expect(log.length).toBeGreaterThan(1000)
    expect(answers.length).toBeGreaterThan(1000)
  })

  it('none is in the log', () => {
    expect(found(log.filter(line => !shown(line)))).toEqual({})
  })

  it('none is in an answer, what was asked for apart', () => {
    expect(found(answers.map(withoutAsked))).toEqual({})
  })

  it('each is found where it is', () => {
    const leaks = secrets.map(({ kind, value }) =>
      kind === 'token' ? `{"message":"${value}"}` : `x${value}y`,
    )

    const counts = Object.groupBy(secrets, ({ kind }) => kind)
    expect(found(leaks)).toEqual(
      Object.fromEntries(Object.entries(counts).map(([kind, all]) => [kind, all?.length])),
    )
  })
})

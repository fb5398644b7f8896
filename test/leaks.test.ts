// The last test: nothing secret of the whole suite is in what it logged or was answered. The whole suite has
// to have run before it: alone it has nothing to search, and says so.
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { recordFiles } from './support/record.ts'

interface Secret {
  kind: string
  value: string
}

function readLines(file: string): string[] {
  return readFileSync(file, 'utf8').split('\n').filter(Boolean)
}

const log = readLines(recordFiles.log)
const answers = readLines(recordFiles.answers)
const secrets = [...new Set(readLines(recordFiles.secrets))].map(line => JSON.parse(line) as Secret)

/** OTP_TWILIO_NO_DELIVERY's line, and the banner of npm start with the demo key, are there to show one. */
const shown = (line: string) =>
  /"to":"\+\d+•/.test(line) || /demo key|Authorization: Bearer/.test(line)

/** A device is shown with its number: that is what its owner asked for. */
const withoutNumberMembers = (line: string) => line.replaceAll(/\\?"number\\?":\\?"\+\d+\\?"/g, '')

/** A token or number stands by itself: digits within a longer word are something else. */
function wordsOf(lines: string[]): Set<string> {
  return new Set(lines.flatMap(line => line.match(/[\w+-]+=*/g) ?? []))
}

/** Where each kind was found; values are not named, this is a log too. */
function found(lines: string[]): Record<string, number> {
  const words = wordsOf(lines)
  const text = lines.join('\n')
  const counts: Record<string, number> = {}
  for (const { kind, value } of secrets) {
    const isThere = kind === 'token' ? words.has(value) : text.includes(value)
    if (isThere) counts[kind] = (counts[kind] ?? 0) + 1
  }
  return counts
}

describe('of all tokens, digests, keys and numbers of the suite', () => {
  it('there were some of each kind, in front of a log and answers to search', () => {
    const kinds = new Set(secrets.map(({ kind }) => kind))

    expect([...kinds].sort()).toEqual(['digest', 'key', 'number', 'token'])
    expect(log.length).toBeGreaterThan(1000)
    expect(answers.length).toBeGreaterThan(1000)
  })

  it('none is in the log', () => {
    expect(found(log.filter(line => !shown(line)))).toEqual({})
  })

  it('none is in an answer, the number of a shown device apart', () => {
    expect(found(answers.map(withoutNumberMembers))).toEqual({})
  })

  it('the search finds what is there', () => {
    const [token, digest] = ['token', 'digest'].map(
      wanted => secrets.find(({ kind }) => kind === wanted)?.value,
    )

    expect(found([`{"message":"${token}"}`, `x${digest}y`])).toEqual({ token: 1, digest: 1 })
  })
})

// Comments stay within 100 columns. Biome formats code only, and does not wrap them.
import { globSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'

const root = new URL('../../', import.meta.url)
const files = globSync(
  ['{lib,functions,infra,test}/**/*.{ts,tsx,js,cjs,mjs,css,html,yml}', '*.{ts,yml}'],
  { cwd: root },
)

/** What cannot be wrapped: a line that is one URL, or an order to the linter. */
const isWhole = /^\W*https?:\/\/\S+$|biome-ignore/
const isComment = (file: string, line: string) =>
  (file.endsWith('.yml') ? /(^|\s)# / : /^\s*(\/\/|\/?\*|<!--)|\s\/\/ /).test(line)

it('a comment has at most 100 columns', () => {
  const long = files.flatMap(file =>
    readFileSync(new URL(file, root), 'utf8')
      .split('\n')
      .map((line, n) => ({ line, place: `${file}:${n + 1}` }))
      .filter(({ line }) => line.length > 100 && isComment(file, line) && !isWhole.test(line))
      .map(({ place }) => place),
  )

  expect(long).toEqual([])
})

it.each([
  ['a.ts', '// on a line of its own'],
  ['a.ts', '  /** in front of an export */'],
  ['a.ts', '   * in a block'],
  ['a.ts', 'call() // after code'],
  ['a.html', '<!-- of a page -->'],
  ['a.yml', 'key: value # of a setting'],
])('a comment of %s is found: %s', (file, line) => {
  expect(isComment(file, line)).toBe(true)
})

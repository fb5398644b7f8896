// The formats of ids and numbers, at their ends.
import { describe, expect, it } from 'vitest'
import {
  audienceForm,
  challengeIdForm,
  countryForm,
  e164,
  pathId,
  userPrefix,
} from '../../lib/formats.ts'

describe.each<[string, RegExp, good: string[], bad: string[]]>([
  [
    'a number',
    e164,
    ['+1234567', '+123456789012345'],
    ['1234567', '+123456', '+1234567890123456', '+0234567', 'x+1234567', '+1234567x', '+12345a7'],
  ],
  [
    'an id in a path',
    pathId,
    ['a', 'auth0|5f2c', 'a@b.example', '..a', '~:+-_', 'x'.repeat(128)],
    ['', '.', '..', 'a/b', 'a b', 'ä', 'a\n', 'x'.repeat(129)],
  ],
  [
    'an audience',
    audienceForm,
    ['a', '!', '~', 'https://bank.example/a?b', 'x'.repeat(128)],
    ['', ' a', 'a ', 'a b', 'ä', '\u007f', 'x'.repeat(129)],
  ],
  [
    'the prefix of a tenant',
    userPrefix,
    ['a:', 'acme:', 'acme:eu:', `${'x'.repeat(126)}:`],
    ['', ':', 'acme', ':a:', 'a/b:', 'acme:x', `${'x'.repeat(127)}:`],
  ],
  [
    'the id of a challenge',
    challengeIdForm,
    ['a', 'Vh1kq3ZcW0', '_-', 'x'.repeat(64)],
    ['', 'a.b', 'a ', ' a', 'x'.repeat(65)],
  ],
  ['a country', countryForm, ['GB', 'ZZ'], ['', 'gb', 'G', 'GBR', 'xGB', 'G1']],
])('%s', (_, form, good, bad) => {
  it.each(good)('may be %j', text => {
    expect(form.test(text)).toBe(true)
  })

  it.each(bad)('is not %j', text => {
    expect(form.test(text)).toBe(false)
  })
})

// Python's str.format as far as the settings have it: {token}, {{ and }}.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isTemplate, renderTemplate, showsToken } from '../../../lib/settings/template.ts'

/**
 * Python's '…'.format(token=token), read from left to right; null where it raises, or where we are
 * stricter.
 */
function pythonFormat(template: string, token: string): string | null {
  let text = ''
  let rest = template
  while (rest !== '') {
    if (rest.startsWith('{{') || rest.startsWith('}}')) {
      text += rest.charAt(0)
      rest = rest.slice(2)
    } else if (rest.startsWith('{')) {
      const end = rest.indexOf('}')
      if (end === -1 || rest.slice(1, end) !== 'token') return null
      text += token
      rest = rest.slice(end + 1)
    } else if (rest.startsWith('}')) {
      return null
    } else {
      text += rest.charAt(0)
      rest = rest.slice(1)
    }
  }
  return text
}

it.each([
  ['{token}', '012345'],
  ['Your code is {token}', 'Your code is 012345'],
  ['{token} or {token}', '012345 or 012345'],
  ['{token}{token}', '012345012345'],
  ['hello', 'hello'],
  ['', ''],
  ['{{token}}', '{token}'],
  ['{{{token}}}', '{012345}'],
  ['{{}}', '{}'],
  ['{{{{', '{{'],
  ['}}{{', '}{'],
  ['token', 'token'],
  ['Código: {token} & más + 100% ✓\nline2', 'Código: 012345 & más + 100% ✓\nline2'],
])('%j renders as %j', (template, rendered) => {
  expect(isTemplate(template)).toBe(true)
  expect(renderTemplate(template, '012345')).toBe(rendered)
})

it.each([
  '{',
  '}',
  '{token',
  'token}',
  '{{token}',
  '{token}}',
  '{}',
  '{0}',
  '{other}',
  '{app}: {token}',
  '{token!r}',
  '{token:>8}',
  '{token[0]}',
  '{token.__class__}',
  '{ token }',
  '{TOKEN}',
  '{{{',
  '}}}',
  '{{}',
  '{to{token}ken}',
  '{token{',
])('%j is no template', template => {
  expect(isTemplate(template)).toBe(false)
})

it('a token that is put in is no template itself', () => {
  expect(renderTemplate('{token}', '{token} {{ $& $1')).toBe('{token} {{ $& $1')
})

it('a template that is asked twice answers the same twice', () => {
  const twice = [isTemplate('{token} {'), isTemplate('{token} {'), showsToken('a {token}')]

  expect([...twice, showsToken('a {token}')]).toEqual([false, false, true, true])
})

it.each([
  ['sent {token}', true],
  ['{{{token}}}', true],
  ['Sent by SMS', false],
  ['{{token}}', false],
  ['', false],
])('that %j shows the token is %j', (template, shown) => {
  expect(showsToken(template)).toBe(shown)
})

describe('agreement with Python', () => {
  const piece = fc.constantFrom('{token}', '{{', '}}', 'token', ' ', 'ä', '🔑')
  const anything = fc.oneof(piece, fc.constantFrom('{', '}', '{0}', '{other}', '!r'))
  const textOf = (part: fc.Arbitrary<string>) => fc.array(part).map(parts => parts.join(''))

  it('every valid template renders to what str.format makes of it', () => {
    fc.assert(
      fc.property(textOf(piece), fc.stringMatching(/^\d{6,8}$/), (template, token) => {
        fc.pre(isTemplate(template))

        expect(renderTemplate(template, token)).toBe(pythonFormat(template, token))
      }),
    )
  })

  it('a template is valid exactly when str.format takes it with the token alone', () => {
    fc.assert(
      fc.property(textOf(anything), template => {
        expect(isTemplate(template)).toBe(pythonFormat(template, '012345') !== null)
      }),
    )
  })

  it('a template shows the token exactly when its rendering depends on it', () => {
    fc.assert(
      fc.property(textOf(piece), template => {
        fc.pre(isTemplate(template))

        const depends = renderTemplate(template, '1') !== renderTemplate(template, '2')

        expect(showsToken(template)).toBe(depends)
      }),
    )
  })
})

// Every character that nobody sees, every space and every digit of Unicode, in a number and in a
// token: nobody is refused for what they cannot see.
import type { APIGatewayProxyEventV2 } from 'aws-lambda'
import { describe, expect, it } from 'vitest'
import { readBody, readQuery } from '../../lib/api/request.ts'
import { findQuery, verifyBody } from '../../lib/api/schemas.ts'
import { parseNumber, parseQueriedNumber } from '../../lib/device/number.ts'
import { plainDigits, typedToken, visibleText } from '../../lib/typed.ts'
import { figure } from '../support/figures.ts'

const everything = Array.from({ length: 0x11_0000 }, (_, code) => code)
  .filter(code => code < 0xd800 || code > 0xdfff)
  .map(code => String.fromCodePoint(code))
const ofClass = (form: RegExp) => everything.filter(character => form.test(character))
const unseen = {
  'format characters': ofClass(/\p{Cf}/u),
  'variation selectors': ofClass(/\p{VS}/u),
  // Those that Unicode has only reserved are thousands.
  'ignorable characters': ofClass(/(?!\p{Cn})\p{DI}/u),
  spaces: ofClass(/[\p{Z}\s]/u),
}
const digits = ofClass(/\p{Nd}/u)

/** A text with a character before it, at each place inside it, and after it. */
function around(text: string, character: string): string[] {
  return [0, 1, 3, text.length - 1, text.length].map(
    at => text.slice(0, at) + character + text.slice(at),
  )
}

/** Counts the spellings that are not read as what was meant, and returns them. */
function misread(
  claim: string,
  spellings: string[],
  meant: string,
  read: (text: string) => string,
) {
  const wrong = spellings.filter(spelling => read(spelling) !== meant)
  figure({ claim: `typed: ${claim}`, trials: spellings.length, violations: wrong.length })
  return wrong.map(spelling => JSON.stringify(spelling))
}

const searched = (number: string) =>
  String(
    readQuery({ queryStringParameters: { number } } as unknown as APIGatewayProxyEventV2, findQuery)
      .number,
  )

const verified = (token: string) =>
  readBody(
    {
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ token }),
    } as unknown as APIGatewayProxyEventV2,
    verifyBody,
  ).token

describe.each(Object.entries(unseen))('%s', (name, characters) => {
  it('are there, by their class', () => {
    expect(characters.length).toBeGreaterThan(15)
  })

  it.each([
    ['+14155552671', null, '+14155552671'],
    ['＋442071838750', null, '+442071838750'],
    ['02071838750', 'GB', '+442071838750'],
    ['00442071838750', 'DE', '+442071838750'],
  ])('change nothing of the number %s', (number, country, meant) => {
    const spellings = characters.flatMap(character => around(number, character))
    const read = (text: string) => parseNumber(text, country)

    expect(misread(`${name} in ${number}`, spellings, meant, read)).toEqual([])
  })

  it('change nothing of a number that is searched for', () => {
    const spellings = characters.flatMap(character => around('+14155552671', character))
    const read = (text: string) => parseQueriedNumber(searched(text), null)

    expect(misread(`${name} in a search`, spellings, '+14155552671', read)).toEqual([])
  })

  it('change nothing of a token', () => {
    const spellings = characters.flatMap(character => around('012345', character))

    expect(misread(`${name} in a token`, spellings, '012345', verified)).toEqual([])
  })
})

it('a stretch of spaces is one, and none at an end', () => {
  expect(visibleText(' \u00a0+44 \u3000\n20\t ')).toBe('+44 20')
})

describe('the digits of every script', () => {
  it('are the same ten', () => {
    // Unicode keeps each ten in a row, in order.
    expect(digits.map(plainDigits)).toEqual(digits.map((_, n) => String(n % 10)))
    expect(digits.length).toBeGreaterThan(700)
  })

  it('write the same number and the same token', () => {
    const scripts = digits.filter((_, n) => n % 10 === 0).map(zero => zero.codePointAt(0) ?? 0)
    const written = scripts.map(
      zero => (text: string) =>
        text.replace(/\d/g, digit => String.fromCodePoint(zero + Number(digit))),
    )

    expect(new Set(written.map(write => parseNumber(write('+14155552671'), null)))).toEqual(
      new Set(['+14155552671']),
    )
    expect(new Set(written.map(write => parseNumber(write('0044 20 7183 8750'), 'US')))).toEqual(
      new Set(['+442071838750']),
    )
    expect(new Set(written.map(write => typedToken(write('012 345'))))).toEqual(new Set(['012345']))
    figure({ claim: 'typed: digits of a script', trials: scripts.length * 3, violations: 0 })
  })
})

describe('a token', () => {
  it.each([
    ['123 456', '123456'],
    ['123-456', '123456'],
    ['123\u2013456', '123456'],
    ['123.456.', '123456'],
    ['1 2 3 4 5 6\r\n', '123456'],
    ['\u202a١٢٣\u202c ٤٥٦', '123456'],
    ['１２３４５６', '123456'],
    ['\u2060012345\ufeff', '012345'],
  ])('is what was meant: %j', (typed, token) => {
    expect(typedToken(typed)).toBe(token)
  })

  it.each(['\u200b', '\u2060\u00ad', '- -', '.', '\u00a0\u3000'])(
    'that shows nothing is a bad request, and no guess: %j',
    typed => {
      expect(() => verified(typed)).toThrow(expect.objectContaining({ code: 'invalid_body' }))
    },
  )

  it.each(['abc', 'O12345', '12345l', '1e5', '0x1F', '①②③', '½', '1,5', 'not a token', 'G-123456'])(
    'is not changed in what is no digit: %j',
    typed => {
      expect(typedToken(typed)).toBe(typed)
    },
  )
})

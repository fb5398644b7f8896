// What is made of the OpenAPI document lies in the repository as it is made.
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { toTypeScript } from '../../../infra/openapi/typescript.ts'
import { openApiFiles } from '../../../infra/openapi/write.ts'
import { advice } from '../../../lib/openapi/advice.ts'

const root = new URL('../../../', import.meta.url)

it.each(Object.entries(openApiFiles()))('%s is as npm run openapi writes it', (path, text) => {
  expect(readFileSync(new URL(path, root), 'utf8')).toBe(text)
})

describe('the advice of each code', () => {
  it.each(Object.entries(advice))('%s is in sentences', (_, { meaning, next }) => {
    expect(meaning).toMatch(/^[A-Z].*\.$/)
    expect(next).toMatch(/^[A-Z].*\.$/)
  })
})

describe('the types', () => {
  const typesOf = (schema: object) =>
    toTypeScript({
      info: { title: '', summary: '', description: '' },
      tags: [],
      paths: {},
      components: { schemas: { One: schema } },
    }).split('\n\n')[1]

  it('have optional members, lists, and null', () => {
    expect(
      typesOf({
        type: 'object',
        required: ['at', 'list'],
        properties: {
          at: { type: ['string', 'null'], format: 'date-time' },
          list: { type: 'array', items: { anyOf: [{ $ref: '#/a/B' }, { type: 'null' }] } },
          count: { type: 'integer' },
        },
      }),
    ).toBe('export interface One {\n  at: string | null\n  list: (B | null)[]\n  count?: number\n}')
  })

  it('have constants as literals', () => {
    expect(typesOf({ type: 'string', const: 'a' })).toBe("export type One = 'a'")
    expect(typesOf({ type: 'integer', const: 429 })).toBe('export type One = 429')
  })
})

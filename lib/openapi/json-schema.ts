// Turns valibot's schemas into JSON Schema 2020-12, the form that OpenAPI 3.1 uses.
import { type ConversionConfig, toJsonSchema } from '@valibot/to-json-schema'
import type { GenericSchema } from 'valibot'
import { isAddress, isShort, longestText } from '../api/schemas.ts'

/** Any JSON object. */
export type Json = Record<string, unknown>

/** Returns the JSON Schema of what a client sends. Transformations on our side are left out. */
export function schemaOf(schema: GenericSchema): Json {
  const { $schema: _, ...converted } = toJsonSchema(schema, conversion) as Json
  return converted
}

const conversion: ConversionConfig = {
  typeMode: 'input',
  target: 'draft-2020-12',
  errorMode: 'ignore',
  overrideAction: ({ valibotAction, jsonSchema }) => {
    const { requirement } = valibotAction as { requirement?: unknown }
    if (requirement === isShort) return { ...jsonSchema, maxLength: longestText }
    if (requirement === isAddress) {
      return { ...jsonSchema, anyOf: [{ format: 'ipv4' }, { format: 'ipv6' }] }
    }
    // A pattern of JSON Schema is always Unicode, as with the flag u.
    if (requirement instanceof RegExp) return { ...jsonSchema, pattern: requirement.source }
    return undefined
  },
}

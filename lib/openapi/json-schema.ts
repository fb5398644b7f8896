// Turns valibot's schemas into JSON Schema 2020-12, the form that OpenAPI 3.1 uses, in the words
// that generators of clients understand: every constant has its type, and null is one more type.
import {
  type ConversionConfig,
  type JsonSchema,
  toJsonSchema,
  toJsonSchemaDefs,
} from '@valibot/to-json-schema'
import type { GenericSchema } from 'valibot'
import { isAddress, isShort, longestText } from '../api/schemas.ts'

/** Any JSON object. */
export type Json = Record<string, unknown>

/** Returns the JSON Schema of what a client sends. Transformations on our side are left out. */
export function schemaOf(schema: GenericSchema): Json {
  const { $schema: _, ...converted } = toJsonSchema(schema, conversion) as Json
  return converted
}

/** Returns the JSON Schemas of components, by name. They refer to one another. */
export function componentsOf(components: Record<string, GenericSchema>): Json {
  return toJsonSchemaDefs(components, conversion)
}

const conversion: ConversionConfig = {
  typeMode: 'input',
  target: 'draft-2020-12',
  errorMode: 'ignore',
  overrideRef: ({ referenceId }) => `#/components/schemas/${referenceId}`,
  overrideAction: ({ valibotAction, jsonSchema }) => {
    const { requirement, metadata } = valibotAction as {
      requirement?: unknown
      metadata?: JsonSchema
    }
    // Of a query, whose values are always text: what it is the text of.
    if (metadata) return metadata
    if (requirement === isShort) return { ...jsonSchema, maxLength: longestText }
    if (requirement === isAddress) return { ...jsonSchema, format: 'ip' }
    // The format says it already.
    if (jsonSchema.format) return jsonSchema
    // A pattern of JSON Schema is always Unicode, as with the flag u.
    if (requirement instanceof RegExp) return { ...jsonSchema, pattern: requirement.source }
    return undefined
  },
  overrideSchema: ({ valibotSchema, jsonSchema }) => {
    if (valibotSchema.type === 'literal') {
      return { ...jsonSchema, type: typeof jsonSchema.const as 'string' | 'boolean' }
    }
    if (valibotSchema.type === 'nullable') return nullable(jsonSchema)
    if (jsonSchema.type === 'integer' && 'default' in jsonSchema) {
      return { ...jsonSchema, default: Number(jsonSchema.default) }
    }
    return undefined
  },
}

/**
 * Null is one more type of a scalar. A nullable object stays one of two: the Go generator takes an
 * object that may be null for one whose members may be missing.
 */
function nullable(schema: JsonSchema): JsonSchema {
  const [inner] = schema.anyOf ?? []
  if (typeof inner !== 'object' || typeof inner.type !== 'string') return schema
  return inner.type === 'object' ? schema : { ...inner, type: [inner.type, 'null'] }
}

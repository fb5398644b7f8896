// The engine of the integration tests: the one that DYNAMODB_ENDPOINT names, else an embedded
// dynalite.
import type { TestProject } from 'vitest/node'
import { startDynalite } from '../../infra/local/dynamodb/dynalite.ts'

declare module 'vitest' {
  interface ProvidedContext {
    dynamodb: string
  }
}

/** Started once before the first test, stopped after the last. */
export async function setup({ provide }: TestProject) {
  const { DYNAMODB_ENDPOINT } = process.env
  if (DYNAMODB_ENDPOINT) {
    provide('dynamodb', DYNAMODB_ENDPOINT)
    return
  }
  const dynalite = await startDynalite({ port: 0 })
  provide('dynamodb', dynalite.url)
  return () => dynalite.close()
}

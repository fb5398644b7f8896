// The whole service for the end-to-end tests: npm start, on free ports, once for all of them.
import { createWriteStream } from 'node:fs'
import type { TestProject } from 'vitest/node'
import { startLocalStack } from '../../infra/local/stack.ts'
import { recordFiles } from './record.ts'

declare module 'vitest' {
  interface ProvidedContext {
    service: Record<'api' | 'inbox' | 'dynamodb' | 'demo' | 'key' | 'cognito', string>
  }
}

/** Started once before the first test, stopped after the last. */
export async function setup({ provide }: TestProject) {
  const stack = await startLocalStack(createWriteStream(recordFiles.log, { flags: 'a' }), {
    args: ['--cognito'],
  })
  const { api, inbox, dynamodb, demo, key, cognito = '' } = stack
  provide('service', { api, inbox, dynamodb, demo, key, cognito })
  return () => stack.stop()
}

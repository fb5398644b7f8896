// The client of DynamoDB: one second a try, at most three tries. A try whose answer is lost may
// have been applied, or may still be applied later. Attempts, challenges and creations recognise
// their own retries. Changes, resets and deletions may be repeated.
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import { awsTimeouts } from '../aws-timeouts.ts'
import { allIdle, dropIdle, keepConnections } from '../connections.ts'
import { unavailable } from '../problem.ts'
import type { Environment } from '../settings/read.ts'
import { tableNames } from '../settings/stage.ts'
import { Sha256 } from './sha256.ts'

/** The tables, and the two clients that reach them. */
export interface Store {
  /** Tries up to three times. */
  retrying: DynamoDBDocumentClient
  /** Tries once: for the read after a failure, and for writes that cannot recognise their retry. */
  once: DynamoDBDocumentClient
  devicesTable: string
  limitsTable: string
  trafficTable: string
}

/**
 * Connects to the tables that DEVICES_TABLE, LIMITS_TABLE and TRAFFIC_TABLE name. Region and
 * endpoint are the SDK's own settings.
 */
export function connectStore(env: Environment = process.env): Store {
  return {
    retrying: documentClient({ maxAttempts: 3, longestIdleMs: 5000 }),
    // An unknown answer costs more than a handshake, so only a burst shares connections.
    once: documentClient({ maxAttempts: 1, longestIdleMs: 100 }),
    ...tableNames(env),
  }
}

interface ClientOptions {
  maxAttempts: number
  /** A connection that was idle for longer is not used again. */
  longestIdleMs: number
}

function documentClient({ maxAttempts, longestIdleMs }: ClientOptions): DynamoDBDocumentClient {
  // As many at once as the SDK's own agents have.
  const connections = keepConnections({ maxSockets: 50 })
  const client = new DynamoDBClient({
    maxAttempts,
    sha256: Sha256,
    requestHandler: { ...awsTimeouts, ...connections },
  })
  for (const name of unneeded) client.middlewareStack.remove(name)
  client.middlewareStack.add(
    next => args =>
      next(args).catch(error => {
        throw passed.includes(error.name) ? error : unavailable(error)
      }),
    { step: 'initialize', priority: 'high' },
  )
  // Innermost, so that it is done before each try.
  client.middlewareStack.add(
    next => args => {
      dropIdle(connections, longestIdleMs)
      return next(args).catch(error => {
        // Without an answer, which says whose fault it is. What else is idle may be lost too.
        if (!('$fault' in error)) dropIdle(connections, allIdle)
        throw error
      })
    },
    { step: 'finalizeRequest', priority: 'low' },
  )
  return DynamoDBDocumentClient.from(client, { unmarshallOptions: { wrapNumbers: Number } })
}

/** No logger is set, no SDK statistics are wanted, and DynamoDB is never part of a Lambda loop. */
const unneeded = ['loggerMiddleware', 'getUserAgentMiddleware', 'recursionDetectionMiddleware']

/**
 * A refusal is an answer, and an error that no retry cures is a bug or a wrong setup. Every other
 * error is an outage.
 */
const passed = [
  'ConditionalCheckFailedException',
  'AccessDeniedException',
  'ResourceNotFoundException',
  'UnrecognizedClientException',
  'ValidationException',
]

/** Whether DynamoDB has refused a request because there are too many: it was not applied. */
export function isThrottled(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) {
    if (throttled.includes(at.name)) return true
  }
  return false
}

const throttled = [
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'ThrottlingException',
]

// The environment of one integration test file, as Lambda would have it: a table of its own, its own keys.
import { randomBytes, randomUUID } from 'node:crypto'
import { inject } from 'vitest'
import { createTables } from '../../infra/local/dynalite.ts'
import { hashApiKey, scopes } from '../../lib/access/api-key.ts'

const endpoint = inject('dynamodb')
const devicesTable = `devices-${randomUUID()}`

/** A key with every scope. */
export const apiKey = 'otp_test_key_of_this_suite_with_every_scope_0'

Object.assign(process.env, {
  AWS_REGION: 'local',
  AWS_ACCESS_KEY_ID: 'local',
  AWS_SECRET_ACCESS_KEY: 'local',
  AWS_ENDPOINT_URL_DYNAMODB: endpoint,
  DEVICES_TABLE: devicesTable,
  OTP_STAGE: 'test',
  OTP_TOKEN_KEY: randomBytes(32).toString('base64'),
  OTP_API_KEYS: JSON.stringify([{ name: 'suite', hash: hashApiKey(apiKey), scopes }]),
  POWERTOOLS_SERVICE_NAME: 'test',
  POWERTOOLS_METRICS_NAMESPACE: 'test',
})

await createTables({ endpoint, devicesTable })

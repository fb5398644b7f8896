// The environment of one integration test file, as Lambda would have it: a table of its own, its
// own keys.
import { randomBytes, randomUUID } from 'node:crypto'
import { inject } from 'vitest'
import { createTables } from '../../infra/local/dynamodb/dynalite.ts'
import { keptApiKeys } from './keys.ts'
import { recordLog } from './record.ts'

const endpoint = inject('dynamodb')
const devicesTable = `devices-${randomUUID()}`
const limitsTable = `limits-${randomUUID()}`
const trafficTable = `traffic-${randomUUID()}`

Object.assign(process.env, {
  AWS_REGION: 'local',
  AWS_ACCESS_KEY_ID: 'local',
  AWS_SECRET_ACCESS_KEY: 'local',
  AWS_ENDPOINT_URL_DYNAMODB: endpoint,
  DEVICES_TABLE: devicesTable,
  LIMITS_TABLE: limitsTable,
  TRAFFIC_TABLE: trafficTable,
  OTP_STAGE: 'test',
  // Nothing goes to AWS; startEventBus() has a bus.
  OTP_EVENT_BUS: 'off',
  OTP_INDEX_KEY: randomBytes(32).toString('base64'),
  OTP_TOKEN_KEY: randomBytes(32).toString('base64'),
  OTP_API_KEYS: keptApiKeys,
  OTP_TWILIO_ACCOUNT: 'AC00000000000000000000000000000000',
  OTP_TWILIO_AUTH: 'auth-token-of-the-suite',
  OTP_TWILIO_SIGNATURE_TOKEN: 'auth-token-of-the-suite',
  OTP_TWILIO_FROM: '+15005550006',
  POWERTOOLS_SERVICE_NAME: 'test',
  POWERTOOLS_METRICS_NAMESPACE: 'test',
})

await createTables({ endpoint, devicesTable, limitsTable, trafficTable })

// The log goes into the record, and not between the lines of the test report.
for (const stream of [process.stdout, process.stderr]) {
  stream.write = (chunk: string | Uint8Array) => {
    recordLog(typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8'))
    return true
  }
}

// The lines of the log and of the metrics, in the forms of Powertools and of CloudWatch.
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { addMetrics, countOutcome, describeError, logger, logOutcome } from '../../lib/log.ts'
import { noon } from '../support/device.ts'

let out: string[]
let err: string[]

beforeEach(() => {
  out = []
  err = []
  vi.useFakeTimers({ toFake: ['Date'], now: noon })
  vi.spyOn(process.stdout, 'write').mockImplementation(line => out.push(String(line)) > 0)
  vi.spyOn(process.stderr, 'write').mockImplementation(line => err.push(String(line)) > 0)
  vi.stubEnv('POWERTOOLS_SERVICE_NAME', 'otp')
  vi.stubEnv('POWERTOOLS_METRICS_NAMESPACE', 'space')
})

afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
})

test('an entry is one line of JSON without undefined members', () => {
  logger.info('verify', { status: 200, principal: undefined, deviceId: 'd' })

  expect(out).toEqual([
    '{"level":"INFO","message":"verify","timestamp":"2026-01-01T12:00:00.000Z","service":"otp",' +
      '"status":200,"deviceId":"d"}\n',
  ])
  expect(err).toEqual([])
})

test('an entry has the id of its trace', () => {
  vi.stubEnv('_X_AMZN_TRACE_ID', 'Root=1-5759e988-bd862e3f;Parent=53995c3f;Sampled=1')

  logger.info('verify', {})

  expect(JSON.parse(out[0] ?? '')).toMatchObject({ xray_trace_id: '1-5759e988-bd862e3f' })
})

test('an entry has no trace where the request is not traced', () => {
  vi.stubEnv('_X_AMZN_TRACE_ID', 'Root=1-5759e988-bd862e3f;Parent=53995c3f;Sampled=0')

  logger.info('verify', {})

  expect(JSON.parse(out[0] ?? '')).not.toHaveProperty('xray_trace_id')
})

test.each([
  ['warn', 'WARN'],
  ['error', 'ERROR'],
] as const)('an entry of %s goes to stderr', (method, level) => {
  logger[method]('verify', { status: 500 })

  expect(out).toEqual([])
  expect(JSON.parse(err[0] ?? '')).toMatchObject({ level, message: 'verify', status: 500 })
})

test.each([
  ['POWERTOOLS_LOG_LEVEL', 'DEBUG', 1, 2],
  ['POWERTOOLS_LOG_LEVEL', 'warn', 0, 2],
  ['POWERTOOLS_LOG_LEVEL', 'ERROR', 0, 1],
  ['POWERTOOLS_LOG_LEVEL', 'SILENT', 0, 0],
  ['AWS_LAMBDA_LOG_LEVEL', 'WARN', 0, 2],
  ['AWS_LAMBDA_LOG_LEVEL', 'FATAL', 0, 0],
])('%s=%s shows %i of the information and %i of the rest', (name, level, infos, errors) => {
  vi.stubEnv(name, level)

  logger.info('verify', {})
  logger.warn('verify', {})
  logger.error('verify', {})

  expect([out.length, err.length]).toEqual([infos, errors])
})

test('an outcome is counted in the embedded metric format', () => {
  countOutcome('verify', 'invalid_token')

  expect(out).toEqual([
    '{"_aws":{"Timestamp":1767268800000,"CloudWatchMetrics":[{"Namespace":"space","Dimensions":' +
      '[["service","operation"]],"Metrics":[{"Name":"invalid_token","Unit":"Count"}]}]},' +
      '"service":"otp","operation":"verify","invalid_token":1}\n',
  ])
})

test('an outcome that nothing reads is no metric', () => {
  countOutcome('verify', 'unavailable')
  countOutcome('get-device', 'ok')

  expect(out).toEqual([])
})

const ended = { operation: 'verify', outcome: 'ok' }

test('a request is one line with its metric', () => {
  logOutcome('info', ended, { status: 200 })

  expect(out.map(line => JSON.parse(line))).toEqual([
    {
      ...{ level: 'INFO', message: 'verify', timestamp: '2026-01-01T12:00:00.000Z' },
      ...{ service: 'otp', status: 200, operation: 'verify', ok: 1 },
      _aws: {
        Timestamp: 1767268800000,
        CloudWatchMetrics: [
          {
            Namespace: 'space',
            Dimensions: [['service', 'operation']],
            Metrics: [{ Name: 'ok', Unit: 'Count' }],
          },
        ],
      },
    },
  ])
})

test('a request whose outcome nothing reads is a line without a metric', () => {
  logOutcome('error', { operation: 'verify', outcome: 'unavailable' }, { status: 503 })

  expect([out, err[0]]).toEqual([[], expect.not.stringContaining('_aws')])
})

test('the outcome of a request that is not logged is counted all the same', () => {
  vi.stubEnv('POWERTOOLS_LOG_LEVEL', 'ERROR')

  logOutcome('info', ended, { status: 200 })

  expect(out.map(line => Object.keys(JSON.parse(line)))).toEqual([
    ['_aws', 'service', 'operation', 'ok'],
  ])
})

test.each([
  ['info', 'INFO', 1],
  ['info', 'WARN', 0],
  ['error', 'WARN', 1],
  ['error', 'ERROR', 1],
  ['error', 'FATAL', 0],
] as const)(
  'a request that ended in %s is at POWERTOOLS_LOG_LEVEL=%s %i line',
  (level, at, count) => {
    vi.stubEnv('POWERTOOLS_LOG_LEVEL', at)

    logOutcome(level, { operation: 'verify', outcome: 'unavailable' }, { status: 200 })

    expect([...out, ...err]).toHaveLength(count)
  },
)

test('figures are added to the metrics of the service', () => {
  addMetrics([
    { name: 'sent', value: 2 },
    { name: 'estimatedSpend', value: 0.16, unit: 'None' },
  ])

  expect(out).toEqual([
    '{"_aws":{"Timestamp":1767268800000,"CloudWatchMetrics":[{"Namespace":"space","Dimensions":' +
      '[["service"]],"Metrics":[{"Name":"sent","Unit":"Count"},' +
      '{"Name":"estimatedSpend","Unit":"None"}]}]},' +
      '"service":"otp","sent":2,"estimatedSpend":0.16}\n',
  ])
})

test('service and namespace have names by default', () => {
  vi.stubEnv('POWERTOOLS_SERVICE_NAME', undefined)
  vi.stubEnv('POWERTOOLS_METRICS_NAMESPACE', undefined)

  countOutcome('verify', 'ok')

  expect(JSON.parse(out[0] ?? '')).toMatchObject({
    service: 'service_undefined',
    _aws: { CloudWatchMetrics: [{ Namespace: 'default_namespace' }] },
  })
})

const cause = Object.assign(new TypeError('canary'), { code: 'ECONNRESET' })
const error = Object.assign(new Error('canary\n    canary', { cause }), { code: 7 })

test('an error is logged by name, code and frames, and so is its cause', () => {
  expect(describeError(error)).toEqual({
    name: 'Error',
    code: 7,
    frames: expect.arrayContaining([expect.stringMatching(/^ {4}at .*log\.test\.ts/)]),
    cause: { name: 'TypeError', code: 'ECONNRESET', frames: expect.any(Array) },
  })
})

test('the message of an error is never logged', () => {
  expect(JSON.stringify(describeError(error))).not.toContain('canary')
})

test('an error without code, cause and stack is logged by its name alone', () => {
  const error = Object.assign(new RangeError('canary'), { code: { secret: 'canary' } })
  delete error.stack

  expect(describeError(error)).toEqual({ name: 'RangeError', frames: undefined })
  expect(describeError(error)).not.toHaveProperty('code')
  expect(describeError(error)).not.toHaveProperty('cause')
})

test('a thrown value that is no error is logged by its type', () => {
  expect(describeError('canary')).toEqual({ name: 'string' })
  expect(describeError(undefined)).toEqual({ name: 'undefined' })
})

test('nothing is counted where metrics are disabled', () => {
  vi.stubEnv('POWERTOOLS_METRICS_DISABLED', 'true')

  countOutcome('verify', 'ok')
  addMetrics([{ name: 'sent', value: 1 }])

  expect(out).toEqual([])
})

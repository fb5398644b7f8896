// The metrics that the alarms watch and the dashboard draws, as CloudWatch names them.
// test/integration/stack/watch.test.ts holds ours against what the functions write.

const { isMetric } = require('../../../lib/metric-outcomes.ts')
const { isShared, limitNames } = require('../../../lib/settings/limits.ts')

/** As osls names it. */
const mappingOf = reader =>
  `${reader[0].toUpperCase()}${reader.slice(1)}EventSourceMappingDynamodbDevicesStream`

/** What a filter of the access log counts: requests that API Gateway refused by its rates. */
module.exports.throttledName = 'throttledByApi'

/** The metrics of one stage. */
module.exports.metricsOf = ({ service, stage, namespace }) => {
  const stack = `${service}-${stage}`
  const ours = (name, dimensions = {}) => ({
    namespace,
    name,
    dimensions: { service, ...dimensions },
    stat: 'Sum',
  })
  const outcome = (operation, name) => {
    if (isMetric(operation, name)) return ours(name, { operation })
    throw new Error(`${name} of ${operation} is no metric: see lib/metric-outcomes.ts.`)
  }
  const ofApi = name => ({
    namespace: 'AWS/ApiGateway',
    name,
    dimensions: { ApiId: { Ref: 'HttpApi' } },
    stat: 'Sum',
  })
  const ofFunction = (functionName, name, stat) => ({
    namespace: 'AWS/Lambda',
    name,
    dimensions: { FunctionName: `${stack}-${functionName}` },
    stat,
  })
  const ofReader = (reader, name) => ({
    namespace: 'AWS/Lambda',
    name,
    dimensions: { EventSourceMappingUUID: { Ref: mappingOf(reader) } },
    stat: 'Sum',
  })
  return {
    sent: ours('sent'),
    notSent: ours('notSent'),
    verified: ours('verified'),
    sentEstablished: ours('sentEstablished'),
    verifiedEstablished: ours('verifiedEstablished'),
    failed: ours('failed'),
    delivered: ours('delivered'),
    undelivered: ours('undelivered'),
    failedDelivery: ours('failedDelivery'),
    spend: ours('estimatedSpend'),
    refused: outcome('challenge', 'limit_reached'),
    limits: limitNames.map(name => outcome('limit', name)),
    sharedLimits: Object.fromEntries(
      limitNames.filter(isShared).map(name => [name, outcome('limit', name)]),
    ),
    /** What a shared limit leaves to devices that are not established is used up. */
    strangersShare: outcome('limit', 'strangers_share'),
    suspended: outcome('breaker', 'suspended'),
    establishedUnverified: outcome('breaker', 'established_unverified'),
    refusedPrefix: outcome('breaker', 'refused_prefix'),
    refusedCountry: outcome('breaker', 'refused_country'),
    /** The suspensions could not be read, so nothing was refused. */
    breakerUnknown: outcome('breaker', 'unknown'),
    secretsRefused: outcome('secrets', 'refused'),
    secretsNotRead: outcome('secrets', 'not_read'),
    deliveryFailed: outcome('challenge', 'delivery_failed'),
    deliveryUnknown: outcome('challenge', 'delivery_unknown'),
    throttled: outcome('verify', 'throttled'),
    invalidToken: outcome('verify', 'invalid_token'),
    usedUp: outcome('verify', 'token_used_up'),
    noToken: outcome('verify', 'no_token'),
    replaced: outcome('verify', 'challenge_replaced'),
    accepted: outcome('verify', 'ok'),
    disabled: outcome('verify', 'device_disabled'),
    apiErrors: ofApi('5xx'),
    apiRefused: ofApi('4xx'),
    apiRequests: ofApi('Count'),
    apiThrottled: { namespace, name: module.exports.throttledName, dimensions: {}, stat: 'Sum' },
    throttles: functionName => ofFunction(functionName, 'Throttles', 'Sum'),
    /** Of all functions of the account in the Region, because they share their room. */
    running: {
      namespace: 'AWS/Lambda',
      name: 'ConcurrentExecutions',
      dimensions: {},
      stat: 'Maximum',
    },
    errors: functionName => ofFunction(functionName, 'Errors', 'Sum'),
    duration: (functionName, stat) => ofFunction(functionName, 'Duration', stat),
    /** Age of the records that a reader of the stream gets, milliseconds. */
    age: functionName => ofFunction(functionName, 'IteratorAge', 'Maximum'),
    /** Records that a reader of the stream, or Lambda for it, has put into the bucket, or lost. */
    leftBy: reader => ({
      kept: outcome(reader, 'kept'),
      lost: outcome(reader, 'not_kept'),
      givenUp: ofReader(reader, 'OnFailureDestinationDeliveredEventCount'),
      dropped: ofReader(reader, 'DroppedEventCount'),
    }),
    /** What an admin did was not put on the event bus. */
    actsNotPut: outcome('audit', 'act_not_put'),
  }
}

/** Reads what the alarms and the dashboard need to know of a stage. */
module.exports.readStage = async resolveVariable => ({
  service: await resolveVariable('self:service'),
  stage: await resolveVariable('sls:stage'),
  namespace: await resolveVariable('self:provider.environment.POWERTOOLS_METRICS_NAMESPACE'),
})

// The alarms of a stage, published on an SNS topic: spend, fraud, limits, Twilio, guessing, and
// records that were not read. Read the table; the rest turns it into CloudFormation. Missing data
// raises no alarm.
const { deploymentOf } = require('../stage.cjs')
const { metricsOf, readStage, throttledName } = require('./metrics.cjs')
const { runbooks } = require('./runbooks.cjs')

const minutes = count => count * 60
const hour = minutes(60)
const day = 24 * hour

/** Every guess that was not right, whether it was compared or not. */
const failedVerifications = ({ invalidToken, throttled, usedUp, noToken, replaced }) => ({
  invalidToken,
  throttled,
  usedUp,
  noToken,
  replaced,
})

/**
 * What an alarm takes off the API's 4xx or 5xx because another alarm tells of it. It has to be one
 * answer of this API each time, or what is left goes unheard: an outage of SSM is outlived, and
 * what Lambda turns away may be a neighbour's. The triggers of a user pool count messages and
 * guesses too, and answer no 4xx or 5xx: where there is a pool, nothing is taken off.
 */
const toldElsewhere = (metrics, pool) => (pool ? {} : metrics)
const failedMessages = ({ deliveryFailed, deliveryUnknown }) => ({
  deliveryFailed,
  deliveryUnknown,
})

const joined = (sign, metrics) =>
  Object.keys(metrics)
    .map(name => ` ${sign} FILL(${name}, 0)`)
    .join('')
const plus = metrics => joined('+', metrics)
const minus = metrics => joined('-', metrics)

const errorsOf = ({ apiErrors, errors }, told) => {
  const untold = `FILL(api, 0)${minus(told)}`
  return {
    metrics: { api: apiErrors, ...told, traffic: errors('traffic'), audit: errors('audit') },
    expression: `IF(${untold} > 0, ${untold}, 0) + FILL(traffic, 0) + FILL(audit, 0)`,
  }
}

const refusalsOf = ({ apiRequests, apiRefused, apiThrottled }, told) => ({
  metrics: { all: apiRequests, refused: apiRefused, byRate: apiThrottled, ...told },
  expression: `IF(all >= 100, 100 * (FILL(refused, 0) - FILL(byRate, 0)${minus(told)}) / all, 0)`,
})

/** The functions that a login needs. What is turned away of another is a 5xx of the API. */
const turnedAway = ({ throttles }, pool) => ({
  register: throttles('create-device'),
  challenge: throttles('challenge'),
  verify: throttles('verify'),
  callback: throttles('status-callback'),
  ...(pool && {
    define: throttles('cognito-define'),
    create: throttles('cognito-create'),
    check: throttles('cognito-verify'),
  }),
})

/**
 * By logical id. An expression is over the metrics above it. The alarm is raised at `atLeast` or
 * more, or below `below`.
 */
const alarmsOf = (metrics, { budget, pool }) => ({
  SpendNearBudgetAlarm: {
    what: `The estimated spend of 24 hours is at 80 % of the budget of ${budget} dollars.`,
    metrics: { spend: metrics.spend },
    expression: `100 * spend / ${budget}`,
    seconds: day,
    atLeast: 80,
  },
  SpendOverBudgetAlarm: {
    what: `The estimated spend of 24 hours is at the budget of ${budget} dollars.`,
    metrics: { spend: metrics.spend },
    expression: `100 * spend / ${budget}`,
    seconds: day,
    atLeast: 100,
  },
  ConversionAlarm: {
    what: 'Of the messages of an hour, 50 or more, less than 20 % were verified: fraud, or a failing carrier.',
    metrics: { sent: metrics.sent, notSent: metrics.notSent, verified: metrics.verified },
    // Fewer than 50 raise no alarm: three of ten is chance.
    expression:
      'IF(sent - FILL(notSent, 0) >= 50, 100 * FILL(verified, 0) / (sent - FILL(notSent, 0)), 100)',
    seconds: hour,
    below: 20,
  },
  TwilioAlarm: {
    what: 'Ten messages in ten minutes failed at Twilio, or may have.',
    metrics: { failed: metrics.deliveryFailed, unknown: metrics.deliveryUnknown },
    expression: 'SUM(METRICS())',
    seconds: minutes(10),
    atLeast: 10,
  },
  GuessingAlarm: {
    what: 'A hundred verifications in five minutes failed or were refused: tokens may be guessed.',
    metrics: failedVerifications(metrics),
    expression: 'SUM(METRICS())',
    seconds: minutes(5),
    atLeast: 100,
  },
  GuessingShareAlarm: {
    what: 'Of the verifications of an hour, 50 or more, half failed or were refused: tokens may be guessed.',
    metrics: { ...failedVerifications(metrics), accepted: metrics.accepted },
    // Of fewer than 50 half is chance.
    expression:
      'IF(SUM(METRICS()) >= 50, 100 * (SUM(METRICS()) - FILL(accepted, 0)) / SUM(METRICS()), 0)',
    seconds: hour,
    atLeast: 50,
  },
  SuspensionAlarm: {
    what: 'A prefix or a country was suspended: see GET /suspensions.',
    metrics: { suspended: metrics.suspended },
    expression: 'SUM(METRICS())',
    seconds: minutes(5),
    atLeast: 1,
  },
  EstablishedUnverifiedAlarm: {
    what: 'Established devices of a prefix or a country hardly verify: a carrier fails, or they are pumped.',
    metrics: { unverified: metrics.establishedUnverified },
    expression: 'SUM(METRICS())',
    seconds: minutes(5),
    atLeast: 1,
  },
  BreakerBlindAlarm: {
    what: 'Ten challenges in five minutes went on because the suspensions could not be read.',
    metrics: { unknown: metrics.breakerUnknown },
    expression: 'SUM(METRICS())',
    seconds: minutes(5),
    atLeast: 10,
  },
  SharedLimitAlarm: {
    what: 'The limit of a country or of the deployment was reached: it refuses everybody else there.',
    metrics: metrics.sharedLimits,
    expression: 'SUM(METRICS())',
    seconds: minutes(5),
    atLeast: 1,
  },
  StrangersShareAlarm: {
    what: 'Devices that are not established have used up their share of a limit: no sign-up gets an SMS.',
    metrics: { reached: metrics.strangersShare },
    expression: 'SUM(METRICS())',
    seconds: minutes(5),
    atLeast: 1,
  },
  DevicesDisabledAlarm: {
    what: 'A device that failures have disabled was tried: only a reset lets its user in.',
    metrics: { disabled: metrics.disabled },
    expression: 'SUM(METRICS())',
    seconds: minutes(5),
    atLeast: 1,
  },
  SecretsAlarm: {
    what: 'SSM refused the secrets, or gave none five times in five minutes: functions answer 503 soon.',
    metrics: { refused: metrics.secretsRefused, notRead: metrics.secretsNotRead },
    expression: '5 * FILL(refused, 0) + FILL(notRead, 0)',
    seconds: minutes(5),
    atLeast: 5,
  },
  TrafficFailuresAlarm: {
    what: 'Writes were not counted, or not all of it: their records are kept for npm run replay.',
    metrics: metrics.leftBy('traffic'),
    expression: 'SUM(METRICS())',
    seconds: minutes(5),
    atLeast: 1,
  },
  AuditFailuresAlarm: {
    what: 'Audit events were not put: the records of their writes are kept for npm run replay.',
    metrics: { ...metrics.leftBy('audit'), acts: metrics.actsNotPut },
    expression: 'SUM(METRICS())',
    seconds: minutes(5),
    atLeast: 1,
  },
  // An alarm takes at most ten metrics, and there are more functions. Those behind the API count as
  // 5xx.
  ErrorsAlarm: {
    what: 'Ten errors in five minutes: 5xx of the API, or failures of the functions that read the stream.',
    ...errorsOf(metrics, toldElsewhere(failedMessages(metrics), pool)),
    seconds: minutes(5),
    atLeast: 10,
  },
  ApiRefusedAlarm: {
    what: 'Of the requests of five minutes, 100 or more, half were refused, beside verifications: a key, or strangers.',
    ...refusalsOf(metrics, toldElsewhere(failedVerifications(metrics), pool)),
    seconds: minutes(5),
    atLeast: 50,
  },
  ApiThrottledAlarm: {
    what: 'API Gateway refused ten requests in five minutes with 429, by its rates: a flood, or growth.',
    metrics: { byRate: metrics.apiThrottled },
    expression: 'SUM(METRICS())',
    seconds: minutes(5),
    atLeast: 10,
  },
  LambdaFullAlarm: {
    what: 'Lambda had no room for a function of logins, or ran 800 of the account at once, of the usual 1,000.',
    metrics: { ...turnedAway(metrics, pool), running: metrics.running },
    expression: `IF(FILL(running, 0) >= 800, 1, 0)${plus(turnedAway(metrics, pool))}`,
    seconds: minutes(5),
    atLeast: 1,
  },
  StreamLateAlarm: {
    what: 'The stream is read ten minutes late: suspensions and audit events come that late.',
    metrics: { traffic: metrics.age('traffic'), audit: metrics.age('audit') },
    expression: 'MAX(METRICS()) / 1000',
    seconds: minutes(5),
    atLeast: 600,
  },
})

module.exports = async ({ resolveVariable }) => {
  const stage = await readStage(resolveVariable)
  const { dailyBudget: budget, alarmEmail: email, effective } = await deploymentOf(resolveVariable)
  const pool = effective.OTP_COGNITO_USER_POOL_ARN
  const alarms = Object.entries(alarmsOf(metricsOf(stage), { budget, pool }))
  return {
    Resources: {
      // Not encrypted with a key: CloudWatch cannot publish under SNS's own key, and one of ours
      // has a monthly price. An alarm holds only sentences and sums.
      Alarms: {
        Type: 'AWS::SNS::Topic',
        Properties: { TopicName: `${stage.service}-${stage.stage}-alarms` },
      },
      ...(email && {
        AlarmsByEmail: {
          Type: 'AWS::SNS::Subscription',
          Properties: { TopicArn: { Ref: 'Alarms' }, Protocol: 'email', Endpoint: email },
        },
      }),
      ...Object.fromEntries(
        alarms.map(([id, alarm]) => [id, alarmResource({ name: nameOf(stage, id), id }, alarm)]),
      ),
      ApiThrottled: throttledFilter(stage),
    },
  }
}

/** SpendNearBudgetAlarm becomes spend-near-budget. */
const nameOf = ({ service, stage }, id) => {
  const words = id.replace(/Alarm$/, '').split(/(?=[A-Z])/)
  return `${service}-${stage}-${words.join('-').toLowerCase()}`
}

/** What API Gateway itself refuses reaches no function; its metrics know only 4xx. */
const throttledFilter = ({ namespace }) => ({
  Type: 'AWS::Logs::MetricFilter',
  Properties: {
    LogGroupName: { Ref: 'HttpApiLogGroup' },
    FilterPattern: '{ ($.status = "429") && ($.integrationLatency = "-") }',
    MetricTransformations: [
      { MetricNamespace: namespace, MetricName: throttledName, MetricValue: '1', Unit: 'Count' },
    ],
  },
})

const alarmResource = ({ name, id }, { what, metrics, expression, seconds, atLeast, below }) => ({
  Type: 'AWS::CloudWatch::Alarm',
  Properties: {
    AlarmName: name,
    AlarmDescription: `${what} Runbook: ${runbooks[id]}`,
    AlarmActions: [{ Ref: 'Alarms' }],
    OKActions: [{ Ref: 'Alarms' }],
    TreatMissingData: 'notBreaching',
    EvaluationPeriods: 1,
    ...(below === undefined
      ? { ComparisonOperator: 'GreaterThanOrEqualToThreshold', Threshold: atLeast }
      : { ComparisonOperator: 'LessThanThreshold', Threshold: below }),
    Metrics: [
      ...Object.entries(metrics).map(([id, metric]) => metricData(id, metric, seconds)),
      { Id: 'watched', Expression: expression, ReturnData: true },
    ],
  },
})

const metricData = (Id, { namespace, name, dimensions, stat }, Period) => ({
  Id,
  MetricStat: {
    Metric: {
      Namespace: namespace,
      MetricName: name,
      Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
    },
    Period,
    Stat: stat,
  },
  ReturnData: false,
})

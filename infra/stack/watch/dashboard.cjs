// The dashboard of a stage: usage, cost, attacks and health.
const { metricsOf, readStage } = require('./metrics.cjs')

const columns = 24

/** Rows of widgets; those of a row share its width. */
const rowsOf = metrics => [
  [
    graph('Sent and verified', [
      [metrics.sent, 'sent'],
      [metrics.notSent, 'of these not sent'],
      [metrics.verified, 'verified'],
      [metrics.sentEstablished, 'sent to established devices'],
      [metrics.verifiedEstablished, 'verified by them'],
      [metrics.failed, 'failed attempts'],
    ]),
    graph('Conversion, % of what was sent', [
      [metrics.sent, 'sent', 'sent'],
      [metrics.notSent, 'notSent', 'notSent'],
      [metrics.verified, 'verified', 'verified'],
      '100 * FILL(verified, 0) / (sent - FILL(notSent, 0))',
    ]),
    graph('Estimated spend, dollars', [[metrics.spend, 'dollars']]),
  ],
  [
    graph('Refused by a limit', [
      [metrics.refused, 'all'],
      ...metrics.limits.map(metric => [metric, metric.name]),
      [metrics.strangersShare, 'the share of devices that are not established'],
    ]),
    graph('The breaker', [
      [metrics.suspended, 'prefixes and countries suspended'],
      [metrics.refusedPrefix, 'challenges refused by their prefix'],
      [metrics.refusedCountry, 'challenges refused by their country'],
      [metrics.establishedUnverified, 'established devices that do not verify'],
      [metrics.breakerUnknown, 'challenges without its data'],
    ]),
    graph('Delivery, as Twilio reports it', [
      [metrics.delivered, 'delivered'],
      [metrics.undelivered, 'undelivered'],
      [metrics.failedDelivery, 'failed'],
    ]),
  ],
  [
    graph('Twilio failures', [
      [metrics.deliveryFailed, 'failed'],
      [metrics.deliveryUnknown, 'unknown'],
    ]),
    graph('Verifications that failed or were refused', [
      [metrics.invalidToken, 'wrong'],
      [metrics.throttled, 'locked'],
      [metrics.usedUp, 'used up'],
      [metrics.noToken, 'no token'],
      [metrics.replaced, 'another challenge'],
      [metrics.disabled, 'disabled'],
    ]),
    graph('Left by the readers of the stream', [
      ...leftBy('traffic', metrics),
      ...leftBy('audit', metrics),
    ]),
  ],
  [
    graph('Latency of verify and challenge, ms', [
      [metrics.duration('verify', 'p50'), 'verify, half'],
      [metrics.duration('verify', 'p99'), 'verify, 99 %'],
      [metrics.duration('challenge', 'p50'), 'challenge, half'],
      [metrics.duration('challenge', 'p99'), 'challenge, 99 %'],
    ]),
    graph('Errors', [
      [metrics.apiErrors, '5xx of the API'],
      ...['verify', 'challenge', 'traffic', 'audit'].map(name => [metrics.errors(name), name]),
    ]),
    graph('Age of what is read of the stream, ms', [
      [metrics.age('traffic'), 'traffic'],
      [metrics.age('audit'), 'audit'],
    ]),
  ],
]

const leftBy = (reader, metrics) =>
  Object.entries(metrics.leftBy(reader)).map(([how, metric]) => [metric, `${reader}, ${how}`])

module.exports = async ({ resolveVariable }) => {
  const stage = await readStage(resolveVariable)
  const body = { widgets: rowsOf(metricsOf(stage)).flatMap(placeRow) }
  return {
    Resources: {
      Dashboard: {
        Type: 'AWS::CloudWatch::Dashboard',
        Properties: {
          // Dashboards are global in an account: the region keeps two of one stage apart.
          DashboardName: { 'Fn::Sub': `${stage.service}-${stage.stage}-\${AWS::Region}` },
          // CloudFormation fills in the region and the API.
          DashboardBody: { 'Fn::Sub': JSON.stringify(body) },
        },
      },
    },
  }
}

const height = 6

const placeRow = (widgets, row) =>
  widgets.map((properties, place) => {
    const width = columns / widgets.length
    return { type: 'metric', x: place * width, y: row * height, width, height, properties }
  })

/** A graph of metrics with a label each. Metrics with an id are drawn only by the expression. */
function graph(title, lines) {
  return {
    title,
    view: 'timeSeries',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: CloudFormation's
    region: '${AWS::Region}',
    period: 300,
    stat: 'Sum',
    metrics: lines.map(line =>
      typeof line === 'string' ? expressionOf(line, title) : lineOf(line),
    ),
  }
}

const expressionOf = (expression, label) => [{ expression, label, id: 'drawn' }]

function lineOf([{ namespace, name, dimensions, stat }, label, id]) {
  const pairs = Object.entries(dimensions).flatMap(([key, value]) => [key, inSub(value)])
  return [namespace, name, ...pairs, { label, stat, ...(id && { id, visible: false }) }]
}

/** A reference, as written within Fn::Sub. */
const inSub = value => (typeof value === 'string' ? value : `\${${value.Ref}}`)

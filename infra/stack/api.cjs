// What the HTTP API lets in. It is throttled, so that a leaked key cannot send SMS or guess without
// limit, and so that a flood of strangers on one route leaves the others open: API Gateway itself
// then answers 429. Its URL is the output HttpApiUrl.
const { deploymentOf } = require('./stage.cjs')

const { operations } = require('../../lib/api/operations.ts')

/** The rate of each function whose route has one of its own; all other routes are `others`. */
const rateOf = {
  verify: 'verify',
  challenge: 'challenge',
  'status-callback': 'callbacks',
  'not-found': 'public',
  ...Object.fromEntries(
    Object.values(operations)
      .filter(({ access }) => access === 'public')
      .map(({ name }) => [name, 'public']),
  ),
}

const throttled = ({ perSecond, burst }) => ({
  // They cost six metrics a route, and nothing here reads them.
  DetailedMetricsEnabled: false,
  ThrottlingRateLimit: perSecond,
  ThrottlingBurstLimit: burst,
})

/** The resource of a route, as osls names it. */
const routeId = route =>
  `HttpApiRoute${route === '$default' ? 'Default' : route.split('/').map(partOfId).join('')}`

const partOfId = part => {
  const word = part
    .toLowerCase()
    .replaceAll('-', 'Dash')
    .replace(/{(.*)}/, '$1Var')
    .replace(/[^0-9A-Za-z]/g, '')
  return word.slice(0, 1).toUpperCase() + word.slice(1)
}

module.exports = async ({ resolveVariable }) => {
  const { rates, hasDefaultEndpoint, verifyConcurrency } = await deploymentOf(resolveVariable)
  const routes = Object.entries(rateOf).map(([name, rate]) => [operations[name].route, rates[rate]])
  return {
    extensions: {
      ...(!hasDefaultEndpoint && { HttpApi: { Properties: { DisableExecuteApiEndpoint: true } } }),
      ...(verifyConcurrency !== null && {
        VerifyLambdaFunction: { Properties: { ReservedConcurrentExecutions: verifyConcurrency } },
      }),
      HttpApiStage: {
        // Settings of a route that is not there yet fail the first deploy.
        DependsOn: routes.map(([route]) => routeId(route)),
        Properties: {
          DefaultRouteSettings: throttled(rates.others),
          RouteSettings: Object.fromEntries(
            routes.map(([route, rate]) => [route, throttled(rate)]),
          ),
        },
      },
    },
  }
}

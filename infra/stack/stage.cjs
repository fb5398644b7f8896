// What serverless.yml and data/serverless.yml take from the settings of their stage: its names, its
// region, the environment of each function. Nothing is read a second time: see deployment.ts.
const { readFileSync } = require('node:fs')
const { join } = require('node:path')
const { parse } = require('yaml')
const { readDeployment, settingsOf } = require('./deployment.ts')
const { regionOf } = require('./region.ts')
const settingsByFunction = require('./function-settings.json')

/** What `npm run deploy` hands over of the tables; packaging needs none. */
const handedOver = JSON.parse(process.env.OTP_STACK_PARAMETERS ?? '[]')

/** What the service's stack is given. `serverless rollback` is handed nothing: its tables stay. */
const stackParameters = handedOver.length > 0 ? handedOver : previousParameters()

function previousParameters() {
  const { Parameters } = parse(readFileSync(join(__dirname, 'data/parameters.yml'), 'utf8'))
  return Object.keys(Parameters).map(ParameterKey => ({ ParameterKey, UsePreviousValue: true }))
}

/**
 * Reads the stage. A fault ends the process with its sentence: osls would tell it once for each value
 * that asks.
 */
async function deploymentOf(resolveVariable) {
  try {
    return readDeployment(await resolveVariable('sls:stage'), process.env)
  } catch (error) {
    return refuse(error)
  }
}

function refuse(error) {
  console.error(error.message)
  process.exit(1)
}

/** Makes a value of the service out of the stage's deployment. */
const of =
  make =>
  async ({ options, resolveVariable }) =>
    make(await deploymentOf(resolveVariable), options)

/** The API's own URL, where no other is set. */
// biome-ignore lint/suspicious/noTemplateCurlyInString: CloudFormation's
const ownUrl = { 'Fn::Sub': 'https://${HttpApi}.execute-api.${AWS::Region}.${AWS::URLSuffix}' }

function environmentOf(functionName, deployment) {
  const settings = settingsOf(functionName, deployment)
  const readsUrl = settingsByFunction[functionName].includes('OTP_PUBLIC_URL')
  return readsUrl ? { OTP_PUBLIC_URL: ownUrl, ...settings } : settings
}

module.exports = {
  deploymentOf,
  service: of(({ service }) => service),
  dataService: of(({ service }) => `${service}-data`),
  region: of((deployment, options) =>
    regionOf(options.region, deployment, process.env).catch(refuse),
  ),
  tags: of(({ service, stage, tags }) => ({ ...tags, service, stage })),
  secretsPath: of(({ secretsPath }) => secretsPath),
  tableDeletionPolicy: of(({ protectsTables }) => (protectsTables ? 'Retain' : 'Delete')),
  tableDeletionProtection: of(({ protectsTables }) => protectsTables),
  stackParameters: () => stackParameters,
  /** Kept in the template: the next deploy knows what it would change, other tables included. */
  record: of(({ given }) => ({ Metadata: { Settings: given, Parameters: handedOver } })),
  ...Object.fromEntries(
    Object.keys(settingsByFunction).map(name => [
      name,
      of(deployment => environmentOf(name, deployment)),
    ]),
  ),
}

// What serverless.yml and data/serverless.yml take from the settings of their stage: its names, its
// region, the environment of each function. Nothing is read a second time: see deployment.ts.
const { readDeployment, settingsOf, tagsOf } = require('./deployment.ts')
const { regionOf } = require('./region.ts')
const settingsByFunction = require('./function-settings.json')

/**
 * What the service has to be told of its tables: the outputs of the data service, or a restored
 * table. They are parameters of the template, so that packaging asks nothing of AWS. `npm run
 * deploy` hands their values over as defaults: the stack with which osls begins knows no parameter.
 */
const values = JSON.parse(process.env.OTP_TABLES ?? '{}')
const parameters = {
  DevicesTable: { Type: 'String', Description: 'Name of the devices table' },
  DevicesStream: { Type: 'String', Description: 'ARN of its stream' },
  LimitsTable: { Type: 'String', Description: 'Name of the limits table' },
  TrafficTable: { Type: 'String', Description: 'Name of the traffic table' },
}
for (const [name, value] of Object.entries(values)) parameters[name].Default = value

/**
 * Reads the stage. A fault ends the process with its sentence: osls would tell it once for each
 * value that asks.
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

/** The bucket of stream.yml; npm start has none. */
// biome-ignore lint/suspicious/noTemplateCurlyInString: CloudFormation's
const keptUrl = { 'Fn::Sub': 'https://${KeptRecords.RegionalDomainName}/' }
const streamReaders = ['traffic', 'audit']

function environmentOf(functionName, deployment) {
  const readsUrl = settingsByFunction[functionName].includes('OTP_PUBLIC_URL')
  const keepsRecords = streamReaders.includes(functionName) && deployment.stage !== 'local'
  return {
    ...(readsUrl && { OTP_PUBLIC_URL: ownUrl }),
    ...(keepsRecords && { KEPT_RECORDS_URL: keptUrl }),
    ...settingsOf(functionName, deployment),
  }
}

module.exports = {
  deploymentOf,
  environmentOf,
  service: of(({ service }) => service),
  dataService: of(({ service }) => `${service}-data`),
  region: of((deployment, options) =>
    regionOf(options.region, deployment, process.env).catch(refuse),
  ),
  tags: of(deployment => tagsOf(deployment)),
  secretsPath: of(({ secretsPath }) => secretsPath),
  tableDeletionPolicy: of(({ protectsTables }) => (protectsTables ? 'Retain' : 'Delete')),
  tableDeletionProtection: of(({ protectsTables }) => protectsTables),
  tables: { Parameters: parameters },
  /** Kept in the template: the next deploy knows what it would change. */
  record: of(({ given }) => ({ Metadata: { Settings: given } })),
  ...Object.fromEntries(
    Object.keys(settingsByFunction).map(name => [
      name,
      of(deployment => environmentOf(name, deployment)),
    ]),
  ),
}

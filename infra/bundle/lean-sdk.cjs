// Leaves out of the bundles what the AWS SDK and Twilio's client bring along and no function runs.
// Otherwise two thirds of verify's bundle are credentials of other services, event streams, and
// errors of operations that are never called. The build fails when the SDK no longer looks as
// expected: that is better than a bundle that grows unnoticed.
const { readFile } = require('node:fs/promises')

// Lambda puts a function's credentials in the environment. The default chain looks there first too,
// but then also in files, SSO, other roles and the metadata of EC2. No operation of ours has an
// event stream or looks up its endpoint with DescribeEndpoints.
const replaced = {
  '@aws-sdk/credential-provider-node':
    "export { fromEnv as defaultProvider } from '@aws-sdk/credential-provider-env'",
  '@smithy/core/event-streams': 'export {}',
  // For a Node.js without a crypto of its own.
  './Sha256Js': 'export const Sha256Js = undefined',
  // Twilio's client is given another HTTP client; its own brings axios and a JWT validator.
  './RequestClient': 'module.exports = {}',
  '@aws-sdk/middleware-endpoint-discovery': `
    export const NODE_ENDPOINT_DISCOVERY_CONFIG_OPTIONS = {
      environmentVariableSelector: () => undefined,
      configFileSelector: () => undefined,
      default: undefined,
    }
    export const resolveEndpointDiscoveryConfig = input => input`,
}

// We recognise the first, and the class of the second says that it may be retried. Every
// other error arrives as the client's base error, with the name and the status that the
// SDK's retries go by.
const keptErrors = /^(ConditionalCheckFailedException|ReplicatedWriteConflictException)$/

/**
 * Reads the schemas without what keeps unused code: a registered error keeps its class in the
 * bundle, and a computed key keeps its schema.
 */
async function readSchemas(path) {
  const text = await readFile(path, 'utf8')
  const names = new Map(
    text.matchAll(/^const (_\w+) = ("\w*");$/gm).map(([, name, value]) => [name, value]),
  )
  let cut = 0
  const contents = text
    .replaceAll(/^n0_registry\.registerError\((\w+)\$, \1\);\n/gm, (line, error) => {
      if (keptErrors.test(error)) return line
      cut += 1
      return ''
    })
    .replaceAll(/\[(_\w+)\]: /g, (key, name) => (names.has(name) ? `${names.get(name)}: ` : key))
  if (cut < 10 || names.size < 10) throw new Error(`${path} is not as it was.`)
  return contents
}

const byName = new RegExp(`^(${Object.keys(replaced).join('|')})$`)

module.exports = [
  {
    name: 'lean-sdk',
    setup(build) {
      build.onResolve({ filter: byName }, ({ path, resolveDir }) => ({
        path,
        namespace: 'lean-sdk',
        pluginData: resolveDir,
        sideEffects: false,
      }))
      build.onLoad({ filter: /.*/, namespace: 'lean-sdk' }, ({ path, pluginData }) => ({
        contents: replaced[path],
        resolveDir: pluginData,
      }))
      build.onLoad(
        { filter: /@aws-sdk\/client-\w+\/dist-es\/schemas\/schemas_0\.js$/ },
        async ({ path }) => ({
          contents: await readSchemas(path),
        }),
      )
      // Only the version is read, for the user agent.
      build.onLoad(
        { filter: /(@aws-sdk\/client-\w+|twilio)\/package\.json$/ },
        async ({ path }) => ({
          contents: JSON.stringify({ version: JSON.parse(await readFile(path, 'utf8')).version }),
          loader: 'json',
        }),
      )
    },
  },
]

// Leaves out of the bundles what the AWS SDK and Twilio's client bring along and a function never runs. Without it
// two thirds of verify's bundle are other services' credentials, event streams and the errors of operations that
// nobody calls. Where the SDK no longer looks as expected, the build fails: better that than a bundle that grew
// without a word.
const { readFile } = require('node:fs/promises')

// Lambda gives a function its credentials in the environment; the default chain looks there first as well, and then
// in files, SSO, other roles and the metadata of EC2. No operation of ours has an event stream, or looks for its
// endpoint by DescribeEndpoints.
const replaced = {
  '@aws-sdk/credential-provider-node':
    "export { fromEnv as defaultProvider } from '@aws-sdk/credential-provider-env'",
  '@smithy/core/event-streams': 'export {}',
  // Twilio's client is given another HTTP client; this one is axios and a validator of JWTs.
  './RequestClient': 'module.exports = {}',
  '@aws-sdk/middleware-endpoint-discovery': `
    export const NODE_ENDPOINT_DISCOVERY_CONFIG_OPTIONS = {
      environmentVariableSelector: () => undefined,
      configFileSelector: () => undefined,
      default: undefined,
    }
    export const resolveEndpointDiscoveryConfig = input => input`,
}

// Ours to recognise, and the one whose class says that it may be retried. Every other error still comes with its name
// and its status, by which the SDK decides as before, as an instance of the client's base error.
const keptErrors = /^(ConditionalCheckFailedException|ReplicatedWriteConflictException)$/

/** Registering an error keeps its class, and a computed key its schema, whether used or not. */
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

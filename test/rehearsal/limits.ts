// What moto cannot do: each tried here, and told in the words of what it answered.
import { request } from 'node:http'
import { text } from 'node:stream/consumers'
import { type Deployed, dynamodb } from './deployed.ts'
import { twilioSecrets } from './secrets.ts'
import type { Stand } from './stand.ts'

/** Tries what cannot be rehearsed on a deployed stage that has its secrets. */
export async function tryLimits(stand: Stand, deployed: Deployed): Promise<void> {
  const { aws, report } = stand
  for (const lack of aws.lacks) report.cannot(`have ${lack}`, 'moto_server.py gives it that')
  report.cannot('hand the tags of a stack on', sayTags(deployed))
  report.cannot('run a function', await tryInvoke(stand, deployed))
  report.cannot('serve the HTTP API', await tryApi(stand, deployed))
  report.cannot('encrypt', await tryDecrypt(stand, deployed))
  report.cannot('enforce the roles', await tryDenied(stand))
}

function sayTags({ data, table }: Deployed): string {
  const given = Object.keys(data.tags).join(' and ')
  return `the stack of the tables is tagged with ${given}, its devices table with ${table?.tags?.length ?? 0} tags`
}

async function tryInvoke({ aws }: Stand, { functions }: Deployed): Promise<string> {
  const answer = await aws.invoke(functions[0]?.functionName ?? '')
  return (
    `asked to, it says "${firstLine(answer)}": it needs Docker; here the zips that were deployed ran in ` +
    'processes of this machine, without arm64 and the limit of memory'
  )
}

async function tryApi({ aws }: Stand, { api }: Deployed): Promise<string> {
  const sent = request(`${aws.url}/openapi.json`, {
    headers: { host: new URL(api.apiEndpoint).host },
  })
  const status = await new Promise<string>((resolve, reject) => {
    sent.once('response', async answer =>
      resolve(`${answer.statusCode} ${firstLine(await text(answer))}`),
    )
    sent.once('error', reject).end()
  })
  return (
    `at the URL of the API it answers "${status}"; here each request took the deployed route, integration and ` +
    'function, and nothing was throttled or written to the access log'
  )
}

async function tryDecrypt({ aws }: Stand, { place }: Deployed): Promise<string> {
  const Name = `/${place.service}/${place.stage}/OTP_TWILIO_AUTH`
  const { Parameter } = await aws.json('ssm', 'AmazonSSM.GetParameter', { Name })
  const inClear = Parameter.Value.includes(twilioSecrets.OTP_TWILIO_AUTH)
  return `read without decryption, a SecureString is ${inClear ? 'shown in clear' : 'not shown'}; KMS is not asked`
}

async function tryDenied({ aws }: Stand): Promise<string> {
  const answer = await dynamodb(aws, 'DescribeEndpoints').then(() => 'answered', String)
  return (
    `DescribeEndpoints, which no role of ours allows, is ${answer} to whoever asks; here each role is held against ` +
    "the template's, and in test/integration/stack/permissions.test.ts against what its function was seen to call"
  )
}

function firstLine(answer: string): string {
  return (answer.trim().split('\n').at(-1) ?? '').slice(0, 120)
}

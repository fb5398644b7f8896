// A stand-in for SSM Parameter Store over HTTP (JSON 1.1): it gets, puts and deletes parameters as
// AWS documents it. AWS_ENDPOINT_URL_SSM points the SDK to it. Tests make it misbehave.
import http, { type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'

/** A parameter as it is kept. */
export interface KeptParameter {
  value: string
  type: 'String' | 'StringList' | 'SecureString'
  /** 1 at first, one more with each PutParameter. */
  version: number
}

/** A request as it arrived, whatever was answered. */
export interface SsmRequest {
  operation: string
  // biome-ignore lint/suspicious/noExplicitAny: tests name the members that they expect
  input: any
}

/**
 * What to do instead of answering. `throttles`, `denies`, `expires`, `does not know the caller` and
 * `has no key` (its KMS key is disabled) are AWS's own errors, `fails` is a 500, `hangs` never
 * answers, `hangs midway` after half of the body, `garbles` sends a 200 from its first value on (a
 * parser's error quotes the secret then), `loses` does what was asked and breaks the connection.
 */
export type SsmFault =
  | 'throttles'
  | 'denies'
  | 'expires'
  | 'does not know the caller'
  | 'has no key'
  | 'fails'
  | 'hangs'
  | 'hangs midway'
  | 'garbles'
  | 'loses'

/** A running stand-in. */
export interface SsmStandIn {
  url: string
  /** Every request, oldest first. */
  requests: SsmRequest[]
  /** By name. */
  parameters: Map<string, KeptParameter>
  /** Whether the account has taken the higher throughput. */
  isFast: boolean
  /** Asked for each request; a promise makes the usual answer wait for it. */
  behave: (request: SsmRequest) => SsmFault | Promise<unknown> | undefined
  /** Puts a parameter; a SecureString unless another type is given. */
  put(name: string, value: string, type?: KeptParameter['type']): void
  /** From now on connections are refused. */
  goDown(): Promise<void>
  /** Listens again, at the same URL. */
  comeUp(): Promise<void>
}

/** Starts a stand-in that knows no parameters. */
export async function startSsmStandIn(): Promise<SsmStandIn> {
  const server = http.createServer(async (message, response) => {
    // A client that gave up is its own business; here it must not end the process.
    response.on('error', () => {})
    const target = String(message.headers['x-amz-target'])
    const request = { operation: target.replace('AmazonSSM.', ''), input: await json(message) }
    standIn.requests.push(request)
    const instead = standIn.behave(request)
    if (typeof instead !== 'string') {
      await instead
      send(response, answer(request, standIn))
    } else if (instead in refusals) send(response, refusals[instead]!(request))
    else if (instead !== 'hangs') {
      const fault = instead as 'hangs midway' | 'garbles' | 'loses'
      mangle(response, answer(request, standIn), fault)
    }
  })
  const listen = (port: number) =>
    new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(port, '127.0.0.1', resolve)
    })

  await listen(0)
  const { port } = server.address() as AddressInfo
  const standIn: SsmStandIn = {
    url: `http://127.0.0.1:${port}`,
    requests: [],
    parameters: new Map(),
    isFast: true,
    behave: () => undefined,
    put(name, value, type = 'SecureString') {
      const version = (standIn.parameters.get(name)?.version ?? 0) + 1
      standIn.parameters.set(name, { value, type, version })
    },
    goDown() {
      return new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      })
    },
    comeUp: () => listen(port),
  }
  return standIn
}

interface Reply {
  status: number
  body: Record<string, unknown>
}

const refusals: Record<string, (request: SsmRequest) => Reply> = {
  throttles: () => refusal('ThrottlingException', 'Rate exceeded'),
  denies: denied,
  expires: () => refusal('ExpiredTokenException', 'The security token is expired'),
  'does not know the caller': () => refusal('UnrecognizedClientException', 'The token is invalid.'),
  'has no key': () => refusal('InvalidKeyId', 'The key is disabled.'),
  fails: () => ({
    status: 500,
    body: { __type: 'InternalServerError', message: 'An error occurred on the server side.' },
  }),
}

function denied({ operation }: SsmRequest): Reply {
  const user = 'arn:aws:iam::123456789012:user/someone'
  const message = `User: ${user} is not authorized to perform: ssm:${operation}`
  return refusal('AccessDeniedException', message)
}

function answer({ operation, input }: SsmRequest, { parameters, isFast }: SsmStandIn): Reply {
  switch (operation) {
    case 'GetParameter':
      return getParameter(input, parameters)
    case 'GetParameters':
      return getParameters(input, parameters)
    case 'PutParameter':
      return putParameter(input, parameters)
    case 'DeleteParameter':
      return parameters.delete(input.Name)
        ? { status: 200, body: {} }
        : refusal('ParameterNotFound', '')
    case 'GetServiceSetting':
      return { status: 200, body: { ServiceSetting: { ...input, SettingValue: String(isFast) } } }
    default:
      return refusal('UnknownOperationException', '')
  }
}

interface GetParameterInput {
  Name: string
  WithDecryption?: boolean
}

function getParameter(
  { Name, WithDecryption }: GetParameterInput,
  parameters: SsmStandIn['parameters'],
): Reply {
  const kept = parameters.get(Name)
  if (!kept) return refusal('ParameterNotFound', '')
  return { status: 200, body: { Parameter: shown(Name, kept, WithDecryption) } }
}

interface GetParametersInput {
  Names: string[]
  WithDecryption?: boolean
}

function getParameters(
  { Names, WithDecryption }: GetParametersInput,
  parameters: SsmStandIn['parameters'],
): Reply {
  if (Names.length < 1 || Names.length > 10) {
    return refusal('ValidationException', 'Member must have length between 1 and 10')
  }
  const found = Names.flatMap(name => {
    const kept = parameters.get(name)
    return kept ? [shown(name, kept, WithDecryption)] : []
  })
  const InvalidParameters = Names.filter(name => !parameters.has(name))
  // SSM promises no order.
  return { status: 200, body: { Parameters: found.reverse(), InvalidParameters } }
}

interface PutParameterInput {
  Name: string
  Value: string
  Type?: KeptParameter['type']
  Overwrite?: boolean
  Tier?: string
}

function putParameter(
  { Name, Value, Type, Overwrite = false, Tier = 'Standard' }: PutParameterInput,
  parameters: SsmStandIn['parameters'],
): Reply {
  const kept = parameters.get(Name)
  const type = Type ?? kept?.type
  if (kept && !Overwrite) {
    return refusal('ParameterAlreadyExists', 'The parameter already exists.')
  }
  if (type === undefined) {
    return refusal('ValidationException', 'A parameter type is required when you create one.')
  }
  if (kept && type !== kept.type) {
    return refusal('HierarchyTypeMismatchException', 'The type of a parameter cannot be changed.')
  }
  const longest = Tier === 'Standard' ? 4096 : 8192
  if (Value === '' || Value.length > longest) {
    // As the real one may, it quotes what it was sent.
    return refusal('ValidationException', `Value '${Value}' must have 1 to ${longest} characters.`)
  }
  const version = (kept?.version ?? 0) + 1
  parameters.set(Name, { value: Value, type, version })
  return { status: 200, body: { Tier: 'Standard', Version: version } }
}

function shown(name: string, { value, type, version }: KeptParameter, decrypted = false) {
  const secret = type === 'SecureString' && !decrypted
  return {
    ARN: `arn:aws:ssm:us-east-1:123456789012:parameter${name}`,
    DataType: 'text',
    LastModifiedDate: 1_767_268_800,
    Name: name,
    Type: type,
    Value: secret ? `AQICAHh${Buffer.from(value).toString('base64').slice(0, 12)}` : value,
    Version: version,
  }
}

function refusal(type: string, message: string): Reply {
  return { status: 400, body: { __type: type, message } }
}

function send(response: ServerResponse, reply: Reply): void {
  writeHead(response, reply)
  response.end(JSON.stringify(reply.body))
}

function mangle(
  response: ServerResponse,
  reply: Reply,
  fault: 'hangs midway' | 'garbles' | 'loses',
): void {
  if (fault === 'loses') {
    response.socket?.resetAndDestroy()
    return
  }
  const body = JSON.stringify(reply.body)
  writeHead(response, reply)
  if (fault === 'garbles') response.end(body.split('"Value":"').at(1) ?? '')
  else response.write(body.slice(0, body.length / 2))
}

function writeHead(response: ServerResponse, { status }: Reply): void {
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' })
}

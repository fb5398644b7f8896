// A stand-in for what a deploy reads of CloudFormation, over its query protocol: the template and
// the outputs of a stack. AWS_ENDPOINT_URL_CLOUDFORMATION points the SDK to it.
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

/** A stack that is there. */
export interface KeptStack {
  template: object
  outputs?: Record<string, string>
}

/** A running stand-in. */
export interface CloudFormationStandIn {
  url: string
  /** Every action that was asked for, with the stack: `GetTemplate login-otp-prod`. */
  requests: string[]
  /** By name. */
  stacks: Map<string, KeptStack>
  /** The code of the error that an action is refused with; undefined answers. */
  refuse: (action: string) => string | undefined
  close(): Promise<void>
}

/** Starts a stand-in that has no stack. */
export async function startCloudFormationStandIn(): Promise<CloudFormationStandIn> {
  const server = http.createServer(async (message, response) => {
    const given = new URLSearchParams(await text(message))
    const [action, name] = [given.get('Action') ?? '', given.get('StackName') ?? '']
    standIn.requests.push(`${action} ${name}`)
    const stack = standIn.stacks.get(name)
    const error = standIn.refuse(action) ?? (stack ? undefined : 'ValidationError')
    const answer = error ? errorOf(error) : resultOf(action, name, stack!)
    response.writeHead(error ? 400 : 200, { 'content-type': 'text/xml' })
    response.end(answer)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const standIn: CloudFormationStandIn = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: [],
    stacks: new Map(),
    refuse: () => undefined,
    close() {
      return new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      })
    },
  }
  return standIn
}

const namespace = 'xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"'

function resultOf(action: string, name: string, { template, outputs = {} }: KeptStack): string {
  const members = Object.entries(outputs)
    .map(
      ([key, value]) =>
        `<member><OutputKey>${key}</OutputKey><OutputValue>${value}</OutputValue></member>`,
    )
    .join('')
  const result =
    action === 'GetTemplate'
      ? `<TemplateBody>${escaped(JSON.stringify(template))}</TemplateBody>`
      : `<Stacks><member><StackName>${name}</StackName><CreationTime>2026-01-01T12:00:00Z</CreationTime><StackStatus>UPDATE_COMPLETE</StackStatus><Outputs>${members}</Outputs></member></Stacks>`
  return `<${action}Response ${namespace}><${action}Result>${result}</${action}Result></${action}Response>`
}

function errorOf(code: string): string {
  return `<ErrorResponse ${namespace}><Error><Type>Sender</Type><Code>${code}</Code><Message>canary</Message></Error></ErrorResponse>`
}

function escaped(value: string): string {
  return value.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}

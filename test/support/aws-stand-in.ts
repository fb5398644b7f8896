// A stand-in for what the doctor reads of AWS besides SSM: the configuration of a function and the
// account's limit (Lambda, REST), subscriptions (SNS, Query), and a table. A real engine describes
// the table, to which is added what that one does not know.
import http, { type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json, text } from 'node:stream/consumers'

/** What happens to a request instead: AWS refuses it with this error, or never answers. */
export type AwsFault = { error: string } | 'hangs'

/** A running stand-in. */
export interface AwsStandIn {
  url: string
  /** Every operation that was asked for, such as DescribeTable. */
  operations: string[]
  /** The environment of each function, by its name. */
  functions: Map<string, Record<string, string>>
  /** Added to the configuration of every function. */
  configuration: Record<string, unknown>
  /** Added to the description of a table, by its name. */
  tables: Map<string, Record<string, unknown>>
  pointInTimeRecovery: 'ENABLED' | 'DISABLED'
  /** How many functions may run at once. */
  concurrency: number
  /** The ARN of each subscription, or `PendingConfirmation`, by the ARN of its topic. */
  subscriptions: Map<string, string[]>
  /** By which attribute a table's items expire, by its name; what is not here, the engine says. */
  timeToLive: Map<string, Record<string, string>>
  /** A Cognito user pool: its triggers, and its clients by their ids. */
  pool: { triggers: Record<string, string>; clients: Record<string, Record<string, unknown>> }
  /** Asked for each operation; undefined is the usual answer. */
  behave: (operation: string) => AwsFault | undefined
  close(): Promise<void>
}

/** Starts a stand-in that knows no function, before an engine. */
export async function startAwsStandIn(engine: string): Promise<AwsStandIn> {
  const server = http.createServer(async (message, response) => {
    response.on('error', () => {})
    const operation = operationOf(message)
    standIn.operations.push(operation)
    const instead = standIn.behave(operation)
    if (instead === 'hangs') return
    if (instead) return refuse(response, 400, instead.error)
    if (operation === 'GetAccountSettings') {
      const AccountLimit = { ConcurrentExecutions: standIn.concurrency }
      return send(response, 200, { AccountLimit })
    }
    if (operation === 'ListSubscriptionsByTopic') {
      return answerSubscriptions(await text(message), response, standIn)
    }
    if (/UserPool/.test(operation)) return answerPool(message, response, { operation, standIn })
    if (operation === 'GetFunctionConfiguration') return answerFunction(message, response, standIn)
    await answerTable(message, response, { operation, engine, standIn })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const standIn: AwsStandIn = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    operations: [],
    functions: new Map(),
    configuration: {},
    tables: new Map(),
    pointInTimeRecovery: 'ENABLED',
    concurrency: 1000,
    subscriptions: new Map(),
    timeToLive: new Map(),
    pool: { triggers: {}, clients: {} },
    behave: () => undefined,
    close() {
      return new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      })
    },
  }
  return standIn
}

const functionPath = /^\/2015-03-31\/functions\/([^/]+)\/configuration$/

function operationOf({ headers, url = '' }: IncomingMessage): string {
  if (functionPath.test(url)) return 'GetFunctionConfiguration'
  if (url.startsWith('/2016-08-19/account-settings')) return 'GetAccountSettings'
  // SNS alone says it in the body, and is asked nothing else.
  if (headers['content-type'] === 'application/x-www-form-urlencoded') {
    return 'ListSubscriptionsByTopic'
  }
  return String(headers['x-amz-target']).split('.')[1] ?? ''
}

function answerFunction({ url = '' }: IncomingMessage, response: ServerResponse, aws: AwsStandIn) {
  const FunctionName = functionPath.exec(url)?.[1] ?? ''
  const Variables = aws.functions.get(FunctionName)
  if (!Variables) return refuse(response, 404, 'ResourceNotFoundException')
  const known = { Runtime: 'nodejs24.x', LastModified: '2026-01-01T12:00:00.000+0000' }
  const states = { State: 'Active', LastUpdateStatus: 'Successful' }
  const Environment = { Variables }
  const FunctionArn = `arn:aws:lambda:eu-west-1:123456789012:function:${FunctionName}`
  send(response, 200, {
    FunctionName,
    FunctionArn,
    ...known,
    ...states,
    Environment,
    ...aws.configuration,
  })
}

async function answerTable(
  message: IncomingMessage,
  response: ServerResponse,
  { operation, engine, standIn }: { operation: string; engine: string; standIn: AwsStandIn },
) {
  const input = (await json(message)) as { TableName: string }
  if (operation === 'DescribeContinuousBackups') {
    const PointInTimeRecoveryStatus = standIn.pointInTimeRecovery
    const PointInTimeRecoveryDescription = { PointInTimeRecoveryStatus }
    const ContinuousBackupsDescription = { PointInTimeRecoveryDescription }
    return send(response, 200, { ContinuousBackupsDescription })
  }
  const timeToLive = standIn.timeToLive.get(input.TableName)
  if (operation === 'DescribeTimeToLive' && timeToLive) {
    return send(response, 200, { TimeToLiveDescription: timeToLive })
  }
  const headers = Object.entries(message.headers).filter(
    ([name]) => name.startsWith('x-amz') || ['authorization', 'content-type'].includes(name),
  )
  const answer = await fetch(engine, {
    method: 'POST',
    headers: Object.fromEntries(headers) as Record<string, string>,
    body: JSON.stringify(input),
  })
  const body = JSON.parse(await answer.text())
  if (body.Table) Object.assign(body.Table, standIn.tables.get(input.TableName))
  send(response, answer.status, body)
}

/** Clients are listed one a page. */
async function answerPool(
  message: IncomingMessage,
  response: ServerResponse,
  { operation, standIn: { pool } }: { operation: string; standIn: AwsStandIn },
): Promise<void> {
  const input = (await json(message)) as { ClientId?: string; NextToken?: string }
  if (operation === 'DescribeUserPool') {
    return send(response, 200, { UserPool: { LambdaConfig: pool.triggers } })
  }
  if (operation === 'DescribeUserPoolClient') {
    const { ClientId = '' } = input
    const UserPoolClient = { ClientId, ClientName: ClientId, ...pool.clients[ClientId] }
    return send(response, 200, { UserPoolClient })
  }
  const ids = Object.keys(pool.clients)
  const n = Number(input.NextToken ?? 0)
  const more = n + 1 < ids.length && { NextToken: String(n + 1) }
  const UserPoolClients = ids.slice(n, n + 1).map(ClientId => ({ ClientId }))
  send(response, 200, { UserPoolClients, ...more })
}

function answerSubscriptions(form: string, response: ServerResponse, aws: AwsStandIn): void {
  const topic = new URLSearchParams(form).get('TopicArn') ?? ''
  const found = aws.subscriptions.get(topic)
  response.writeHead(found ? 200 : 404, { 'content-type': 'text/xml' })
  if (!found) {
    const error = '<Error><Type>Sender</Type><Code>NotFound</Code><Message>no</Message></Error>'
    response.end(`<ErrorResponse>${error}</ErrorResponse>`)
    return
  }
  const members = found.map(
    arn =>
      `<member><SubscriptionArn>${arn}</SubscriptionArn><TopicArn>${topic}</TopicArn></member>`,
  )
  const result = `<Subscriptions>${members.join('')}</Subscriptions>`
  const name = 'ListSubscriptionsByTopic'
  response.end(`<${name}Response><${name}Result>${result}</${name}Result></${name}Response>`)
}

function refuse(response: ServerResponse, status: number, error: string): void {
  response.setHeader('x-amzn-errortype', error)
  send(response, status, { __type: error, message: 'canary' })
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify(body))
}

// An engine that says what each request costs: between the functions and an embedded DynamoDB it
// asks for the capacity that every request takes, and keeps the records of the stream.
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import type { DynamoDBRecord } from 'aws-lambda'
import { startDynalite } from '../../infra/local/dynamodb/dynalite.ts'
import { streamRecord } from '../../infra/local/dynamodb/stream-record.ts'

/** What was asked for since the last look, and what was written to devices. */
export interface Ledger {
  /** Each has its operation, its table, and the capacity units that it took. */
  requests: { operation: string; table: string; units: number }[]
  /** Round trips: requests that were on their way at once are one. */
  roundTrips: number
  /** Events that were put on the bus. */
  events: number
  records: DynamoDBRecord[]
}

/**
 * Starts the engine, its ledger and an event bus. GET of the URL reads the ledger and clears it.
 */
export async function startLedger(): Promise<{ url: string }> {
  let ledger: Ledger = { requests: [], roundTrips: 0, events: 0, records: [] }
  let written = 0
  let onTheirWay = 0
  const engine = await startDynalite({
    port: 0,
    devicesTable: 'logins', // another than the engine beside it has in this process
    onChange: change => ledger.records.push(streamRecord(change, ++written, Date.now())),
  })
  const server = http.createServer(async (message, response) => {
    if (message.method === 'GET') {
      response.end(JSON.stringify(ledger))
      ledger = { requests: [], roundTrips: 0, events: 0, records: [] }
      return
    }
    if (onTheirWay++ === 0) ledger.roundTrips += 1
    const target = String(message.headers['x-amz-target'])
    const input = JSON.parse(await text(message))
    const { status, body } = target.startsWith('AWSEvents')
      ? takeEvents(input, ledger)
      : await forward(engine.url, { target, input, ledger })
    onTheirWay -= 1
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' })
    response.end(body)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

function takeEvents({ Entries }: { Entries: object[] }, ledger: Ledger) {
  ledger.events += Entries.length
  const answers = Entries.map((_, n) => ({ EventId: String(n) }))
  return { status: 200, body: JSON.stringify({ FailedEntryCount: 0, Entries: answers }) }
}

async function forward(
  engine: string,
  { target, input, ledger }: { target: string; input: Record<string, unknown>; ledger: Ledger },
): Promise<{ status: number; body: string }> {
  const answer = await fetch(engine, {
    method: 'POST',
    headers: {
      'x-amz-target': target,
      'content-type': 'application/x-amz-json-1.0',
      authorization: `AWS4-HMAC-SHA256 Credential=local/20260101/local/dynamodb/aws4_request, SignedHeaders=host, Signature=0`,
      'x-amz-date': '20260101T000000Z',
    },
    body: JSON.stringify({ ...input, ReturnConsumedCapacity: 'TOTAL' }),
  })
  const body = await answer.text()
  const { ConsumedCapacity } = JSON.parse(body)
  // A write that its condition refuses takes what it would have taken, at least one unit.
  const taken = [ConsumedCapacity ?? { TableName: input.TableName, CapacityUnits: 1 }].flat()
  for (const { TableName: table, CapacityUnits: units } of taken) {
    ledger.requests.push({ operation: target.split('.')[1] ?? '', table, units })
  }
  return { status: answer.status, body }
}

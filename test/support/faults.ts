// What can befall one request on its way to the engine, and one answer on its way back.
import type { ServerResponse } from 'node:http'

/**
 * Given by the proxy in the place of an answer. `throttle` is DynamoDB's own way to say so; `echo`
 * is a refusal that quotes the whole request, as parsers and validators do.
 */
export type Instead = 'server error' | 'html 503' | 'throttle' | 'redirect' | 'huge answer' | 'echo'

/**
 * What happens to one request; `pass` is nothing. With one about the answer a write is applied; a
 * held request reaches the engine when it is released.
 */
export type Fault =
  | 'pass'
  | 'lose answer'
  | 'truncate answer'
  | 'stall answer'
  | 'empty answer'
  | 'reset answer'
  | 'slow answer'
  | 'delay answer'
  | 'hold request'
  | 'lose request'
  | 'hang'
  | Instead
  | `applied, ${Instead}`

/** An answer as the engine gave it. */
export interface EngineAnswer {
  status: number
  headers: Record<string, string>
  body: Buffer
}

/** As large as DynamoDB's largest answer. */
const hugeBytes = 16 * 1024 * 1024
const delayMs = 300
const slowByteMs = 20

/** The fault that answers by itself, and whether the engine has the request all the same. */
export function insteadOf(fault: Fault | undefined): { instead: Instead; applied: boolean } | null {
  const [, applied, name] = /^(applied, )?(.+)$/.exec(fault ?? '') ?? []
  if (name === undefined || !(name in insteads)) return null
  return { instead: name as Instead, applied: applied !== undefined }
}

/** Answers what the engine never said. */
export function answerInstead(response: ServerResponse, instead: Instead, request: string): void {
  response.sendDate = false
  insteads[instead](response, request)
}

const json = { 'content-type': 'application/x-amz-json-1.0' }
const insteads: Record<Instead, (response: ServerResponse, request: string) => void> = {
  echo: (response, request) =>
    response.writeHead(400, json).end(
      JSON.stringify({
        __type: 'com.amazon.coral.validate#ValidationException',
        message: request,
      }),
    ),
  'server error': response =>
    response.writeHead(500, json).end('{"__type":"com.amazonaws.dynamodb#InternalServerError"}'),
  'html 503': response =>
    response.writeHead(503, { 'content-type': 'text/html' }).end('<h1>Service Unavailable</h1>'),
  throttle: response =>
    response.writeHead(400, json).end('{"__type":"com.amazonaws.dynamodb#ThrottlingException"}'),
  redirect: response => response.writeHead(307, { location: '/elsewhere' }).end(),
  'huge answer': response => pour(response.writeHead(200, json), hugeBytes),
}

function pour(response: ServerResponse, bytes: number): void {
  const chunk = Buffer.alloc(1024 * 1024, ' ')
  let left = bytes
  const more = () => {
    while (left > 0 && !response.destroyed) {
      left -= chunk.length
      if (!response.write(chunk)) return response.once('drain', more)
    }
    return response.end('{}')
  }
  more()
}

/** Answers what the engine said, as the fault lets it arrive. */
export function spoil(response: ServerResponse, answer: EngineAnswer, fault?: Fault): void {
  const { status, headers, body } = answer
  const half = body.subarray(0, body.length / 2)
  if (fault === 'lose answer') {
    response.socket?.destroy()
    return
  }
  // Where a test stops the clock, the engine's Date would make the SDK correct its own, and try
  // again; and the checksum would reveal a broken body.
  response.sendDate = false
  const announced = fault === 'stall answer' || fault === 'reset answer'
  response.writeHead(status, {
    ...headers,
    ...(announced && { 'content-length': body.length }),
  })
  switch (fault) {
    case 'stall answer':
      response.write(half)
      break
    case 'reset answer':
      response.write(half, () => response.socket?.resetAndDestroy())
      break
    case 'truncate answer':
      response.end(half)
      break
    case 'empty answer':
      response.end()
      break
    case 'slow answer':
      trickle(response, body)
      break
    case 'delay answer':
      setTimeout(() => response.end(body), delayMs)
      break
    default:
      response.end(body)
  }
}

function trickle(response: ServerResponse, body: Buffer): void {
  let sent = 0
  const timer = setInterval(() => {
    if (response.destroyed || sent === body.length) clearInterval(timer)
    else response.write(body.subarray(sent, ++sent))
  }, slowByteMs)
  response.once('close', () => clearInterval(timer))
}

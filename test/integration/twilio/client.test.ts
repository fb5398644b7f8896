// Twilio's client over real HTTP and TLS: what is sent, and what each answer and each failure
// means.
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import http from 'node:http'
import https from 'node:https'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import tls from 'node:tls'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { StandInAnswer } from '../../../infra/local/twilio/messages.ts'
import {
  type ReceivedRequest,
  startTwilioStandIn,
  type TwilioStandIn,
} from '../../../infra/local/twilio/stand-in.ts'
import type { Delivery } from '../../../lib/twilio/answer.ts'
import { placeCall, type Sms, sendSms, type TwilioAccount } from '../../../lib/twilio/client.ts'

const root = join(import.meta.dirname, '../../..')
const fixture = (name: string) => readFileSync(join(root, 'test/fixtures', name), 'utf8')
const certificate = {
  key: fixture('tls/test-only-key.pem'),
  cert: fixture('tls/test-only-cert.pem'),
}

const sms: Sms = {
  to: '+15555550100',
  body: '483920',
  sender: { from: '+15005550006' },
  validityPeriod: 300,
}
const never = new AbortController().signal
const created = { status: 201, body: { sid: 'SM0123456789abcdef0123456789abcdef' } }
const wasSent = { outcome: 'sent', messageSid: 'SM0123456789abcdef0123456789abcdef' }

let standIn: TwilioStandIn
let answer: (request: ReceivedRequest, n: number) => StandInAnswer | undefined
let closers: (() => unknown)[]

beforeEach(async () => {
  closers = []
  answer = () => created
  standIn = await startTwilioStandIn({ answer: (request, n) => answer(request, n) })
})

afterEach(async () => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
  vi.useRealTimers()
  for (const close of closers) close()
  await standIn.close()
})

function accountAt(url: string): TwilioAccount {
  return { url, accountSid: 'ACtest', username: 'SKtest', password: 'auth-token-test' }
}

function send(signal = never): Promise<Delivery> {
  return sendSms(accountAt(standIn.url), sms, signal)
}

/** Makes timers of these lengths run at once, so that no test waits; gives those that were set. */
function skipWaits(...lengths: number[]): number[] {
  const waits: number[] = []
  const real = globalThis.setTimeout
  vi.spyOn(globalThis, 'setTimeout').mockImplementation(((run: () => void, ms = 0) => {
    if (!lengths.includes(ms)) return real(run, ms)
    waits.push(ms)
    return real(run, 0)
  }) as typeof setTimeout)
  return waits
}

/** Holds the timer of this length back, until the function given runs it. */
function holdTimer(length: number): () => void {
  const held: (() => void)[] = []
  const real = globalThis.setTimeout
  vi.spyOn(globalThis, 'setTimeout').mockImplementation(((run: () => void, ms = 0) => {
    if (ms === length) held.push(run)
    return real(ms === length ? () => {} : run, ms === length ? 0 : ms)
  }) as typeof setTimeout)
  return () => held.shift()?.()
}

/** A raw server; `connections` counts, and every socket ends with the test. */
async function listen(server: net.Server) {
  const sockets = new Set<net.Socket>()
  const seen = { connections: 0, port: 0 }
  server.on('connection', socket => {
    seen.connections += 1
    sockets.add(socket)
    socket.on('error', () => {})
  })
  closers.push(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  seen.port = (server.address() as net.AddressInfo).port
  return seen
}

describe('an answer that comes packed against the request’s will', () => {
  async function answeredPacked(body: object): Promise<Delivery> {
    const server = http.createServer((request, response) => {
      expect(request.headers['accept-encoding']).toBe('identity')
      response.writeHead(201, { 'content-encoding': 'gzip' })
      response.end(gzipSync(JSON.stringify(body)))
    })
    const { port } = await listen(server)
    return sendSms(accountAt(`http://127.0.0.1:${port}`), sms, never)
  }

  test('is unpacked', async () => {
    expect(await answeredPacked(created.body)).toEqual(wasSent)
  })

  test('is unknown when there is more in it than an answer has', async () => {
    const bomb = { ...created.body, padding: '0'.repeat(70_000) }

    expect(await answeredPacked(bomb)).toEqual({ outcome: 'unknown', cause: 'too large' })
  })
})

describe('a request', () => {
  test('has the message, its sender and its validity alone', async () => {
    await send()

    expect(standIn.requests).toHaveLength(1)
    expect(standIn.requests[0]).toMatchObject({
      method: 'POST',
      path: '/2010-04-01/Accounts/ACtest/Messages.json',
      username: 'SKtest',
      password: 'auth-token-test',
    })
    expect(standIn.requests[0]?.form).toEqual({
      To: '+15555550100',
      Body: '483920',
      From: '+15005550006',
      ValidityPeriod: '300',
    })
  })

  test('has the template, the service and the callback that are given', async () => {
    const given = {
      to: 'whatsapp:+15555550100',
      content: { sid: 'HX1', variables: '{"1":"483920"}' },
      sender: { messagingServiceSid: 'MG1' },
      validityPeriod: 60,
      statusCallback: 'https://otp.example/status',
    }

    await sendSms(accountAt(standIn.url), given, never)

    expect(standIn.requests[0]?.form).toEqual({
      To: 'whatsapp:+15555550100',
      ContentSid: 'HX1',
      ContentVariables: '{"1":"483920"}',
      MessagingServiceSid: 'MG1',
      ValidityPeriod: '60',
      StatusCallback: 'https://otp.example/status',
    })
  })

  test.each<[string | null, Record<string, string[]>]>([
    [null, {}],
    [
      'https://otp.example/status',
      {
        StatusCallback: ['https://otp.example/status'],
        StatusCallbackEvent: ['initiated', 'ringing', 'answered', 'completed'],
      },
    ],
  ])(
    'for a call has its words, its ringing time and its callback: %s',
    async (statusCallback, callback) => {
      const forms: URLSearchParams[] = []
      const seen: http.IncomingMessage[] = []
      const server = http.createServer((request, response) => {
        seen.push(request)
        request.setEncoding('utf8').on('data', text => forms.push(new URLSearchParams(text)))
        request.once('end', () => response.writeHead(201).end('{"sid":"CA1"}'))
      })
      const { port } = await listen(server)
      const call = {
        to: '+15555550100',
        from: '+15005550006',
        twiml: '<Say>4</Say>',
        ringSeconds: 45,
      }

      const delivery = await placeCall(
        accountAt(`http://127.0.0.1:${port}`),
        { ...call, statusCallback },
        never,
      )

      const [form] = forms
      const names = [...new Set(form?.keys())]
      expect(delivery).toEqual({ outcome: 'sent', messageSid: 'CA1' })
      expect(Object.fromEntries(names.map(name => [name, form?.getAll(name)]))).toEqual({
        To: ['+15555550100'],
        From: ['+15005550006'],
        Twiml: ['<Say>4</Say>'],
        Timeout: ['45'],
        ...callback,
      })
      expect(seen[0]).toMatchObject({
        method: 'POST',
        url: '/2010-04-01/Accounts/ACtest/Calls.json',
        headers: {
          accept: 'application/json',
          'content-type': 'application/x-www-form-urlencoded',
        },
      })
    },
  )
})

describe('the answer decides', () => {
  test.each<{ rule: string; answers: StandInAnswer; is: Delivery }>([
    {
      rule: 'a 201 with a sid is sent',
      answers: created,
      is: { outcome: 'sent', messageSid: 'SM0123456789abcdef0123456789abcdef' },
    },
    {
      rule: 'a 200 with a sid is sent',
      answers: { status: 200, body: { sid: 'SM1' } },
      is: { outcome: 'sent', messageSid: 'SM1' },
    },
    {
      rule: 'a sid that is no word is unknown',
      answers: { status: 201, body: { sid: 'SM1\nforged log line' } },
      is: { outcome: 'unknown', cause: 'no sid' },
    },
    {
      rule: 'a sid that is no string is unknown',
      answers: { status: 201, body: { sid: 7 } },
      is: { outcome: 'unknown', cause: 'no sid' },
    },
    {
      rule: 'a 201 of null is unknown',
      answers: { status: 201, body: null },
      is: { outcome: 'unknown', cause: 'no sid' },
    },
    {
      rule: 'a 401 is unauthorized',
      answers: { status: 401, body: { code: 20003 } },
      is: { outcome: 'unauthorized', twilioCode: 20003 },
    },
    {
      rule: 'a 401 is unauthorized whatever its code',
      answers: { status: 401, body: { code: 21211 } },
      is: { outcome: 'unauthorized', twilioCode: 21211 },
    },
    {
      rule: 'a 400 about our sender is refused',
      answers: { status: 400, body: { code: 21606 } },
      is: { outcome: 'refused', status: 400, twilioCode: 21606 },
    },
    {
      rule: 'a 400 about a trial account is refused',
      answers: { status: 400, body: { code: 21608 } },
      is: { outcome: 'refused', status: 400, twilioCode: 21608 },
    },
    {
      rule: 'a 403 is refused',
      answers: { status: 403, body: { code: 20403 } },
      is: { outcome: 'refused', status: 403, twilioCode: 20403 },
    },
    {
      rule: 'a 4xx that is not JSON is refused',
      answers: { status: 404, body: '<h1>not here</h1>' },
      is: { outcome: 'refused', status: 404, twilioCode: null },
    },
    {
      rule: 'a code that is no whole number is none',
      answers: { status: 400, body: { code: '21211' } },
      is: { outcome: 'refused', status: 400, twilioCode: null },
    },
    {
      rule: 'a 4xx that breaks off is refused all the same',
      answers: { status: 400, body: { code: 21211 }, fault: 'reset midway' },
      is: { outcome: 'refused', status: 400, twilioCode: null },
    },
    {
      rule: 'a 500 is unknown even with a code about the number',
      answers: { status: 500, body: { code: 21211 } },
      is: { outcome: 'unknown', cause: 'status 500' },
    },
    {
      rule: 'a 503 is unknown',
      answers: { status: 503, headers: { 'retry-after': '0' } },
      is: { outcome: 'unknown', cause: 'status 503' },
    },
    {
      rule: 'a status beyond HTTP is unknown',
      answers: { status: 600, body: { sid: 'SM1' } },
      is: { outcome: 'unknown', cause: 'status 600' },
    },
    {
      rule: 'a connection reset instead of an answer is unknown',
      answers: { fault: 'reset' },
      is: { outcome: 'unknown', cause: 'ECONNRESET' },
    },
    {
      rule: 'a 201 that breaks off is unknown',
      answers: { ...created, fault: 'reset midway' },
      is: { outcome: 'unknown', cause: 'ECONNRESET' },
    },
    {
      rule: 'a 201 in broken gzip is unknown',
      answers: { status: 201, headers: { 'content-encoding': 'gzip' }, body: '{"sid":"SM1"}' },
      is: { outcome: 'unknown', cause: 'Z_DATA_ERROR' },
    },
  ])('$rule', async ({ answers, is }) => {
    answer = () => answers

    expect(await send()).toEqual(is)
    expect(standIn.requests).toHaveLength(1)
  })

  test.each([21211, 21265, 21266, 21268, 21408, 21610, 21612, 21614, 21635])(
    'a 400 with code %i is undeliverable',
    async code => {
      answer = () => ({ status: 400, body: { code } })

      expect(await send()).toEqual({ outcome: 'undeliverable', twilioCode: code })
      expect(standIn.requests).toHaveLength(1)
    },
  )

  test.each([301, 302, 303, 307, 308])('a %i is refused and not followed', async status => {
    const redirect = { status, headers: { location: '/elsewhere' }, body: { code: 21211 } }
    answer = ({ path }) => (path === '/elsewhere' ? created : redirect)

    expect(await send()).toEqual({ outcome: 'refused', status, twilioCode: 21211 })
    expect(standIn.requests).toHaveLength(1)
  })

  test('a body of 64 KB is read', async () => {
    const padding = 'x'.repeat(65_536 - '{"sid":"SM1","padding":""}'.length)
    answer = () => ({ status: 201, body: { sid: 'SM1', padding } })

    expect(await send()).toEqual({ outcome: 'sent', messageSid: 'SM1' })
  })

  test('a 201 of more than 64 KB is unknown', async () => {
    const padding = 'x'.repeat(65_537 - '{"sid":"SM1","padding":""}'.length)
    answer = () => ({ status: 201, body: { sid: 'SM1', padding } })

    expect(await send()).toEqual({ outcome: 'unknown', cause: 'too large' })
    expect(standIn.requests).toHaveLength(1)
  })

  test('a 400 of more than 64 KB is refused', async () => {
    answer = () => ({ status: 400, body: { code: 21211, padding: 'x'.repeat(70_000) } })

    expect(await send()).toEqual({ outcome: 'refused', status: 400, twilioCode: null })
  })
})

describe('a 429', () => {
  test('is busy after two more tries', async () => {
    const waits = skipWaits(2000)
    answer = () => ({ status: 429, headers: { 'retry-after': '2' } })

    expect(await send()).toEqual({ outcome: 'busy', retryAfterSeconds: 2 })
    expect(standIn.requests).toHaveLength(3)
    expect(waits).toEqual([2000, 2000])
  })

  test('is sent when a retry is accepted', async () => {
    answer = (_, n) => (n < 3 ? { status: 429, headers: { 'retry-after': '0' } } : created)

    expect(await send()).toEqual(wasSent)
    expect(standIn.requests).toHaveLength(3)
  })

  test.each([{}, { 'retry-after': 'soon' }, { 'retry-after': '-1' }])(
    'waits a second when Retry-After is %j',
    async headers => {
      const waits = skipWaits(1000)
      answer = (_, n) => (n === 1 ? { status: 429, headers } : created)

      expect(await send()).toEqual(wasSent)
      expect(waits).toEqual([1000])
    },
  )

  test.each([7, 3600])('is busy at once when Retry-After is %i', async retryAfterSeconds => {
    answer = () => ({ status: 429, headers: { 'retry-after': String(retryAfterSeconds) } })

    expect(await send()).toEqual({ outcome: 'busy', retryAfterSeconds })
    expect(standIn.requests).toHaveLength(1)
  })

  test('is busy when too little of the eight seconds is left for another wait', async () => {
    let elapsed = 0
    skipWaits(4000)
    vi.spyOn(performance, 'now').mockImplementation(() => elapsed)
    answer = (_, n) => {
      elapsed = (n - 1) * 4000
      return { status: 429, headers: { 'retry-after': '4' } }
    }

    expect(await send()).toEqual({ outcome: 'busy', retryAfterSeconds: 4 })
    expect(standIn.requests).toHaveLength(2)
  })

  test('is busy as soon as the signal cuts the wait short', async () => {
    const caller = new AbortController()
    answer = () => {
      setTimeout(() => caller.abort(), 50)
      return { status: 429, headers: { 'retry-after': '5' } }
    }

    expect(await send(caller.signal)).toEqual({ outcome: 'busy', retryAfterSeconds: 5 })
    expect(standIn.requests).toHaveLength(1)
  })

  test('is busy at once when the signal was aborted before the wait', {
    timeout: 2000,
  }, async () => {
    const caller = new AbortController()
    vi.spyOn(performance, 'now').mockImplementation(() => {
      if (standIn.requests.length > 0) caller.abort()
      return 0
    })
    answer = () => ({ status: 429, headers: { 'retry-after': '5' } })

    expect(await send(caller.signal)).toEqual({ outcome: 'busy', retryAfterSeconds: 5 })
    expect(standIn.requests).toHaveLength(1)
  })

  test('followed by a 500 is unknown and not tried again', async () => {
    answer = (_, n) =>
      n === 1 ? { status: 429, headers: { 'retry-after': '0' } } : { status: 500 }

    expect(await send()).toEqual({ outcome: 'unknown', cause: 'status 500' })
    expect(standIn.requests).toHaveLength(2)
  })
})

describe('no timer is left', () => {
  /** The timers of these lengths that were set and not cleared yet. */
  function watchTimers(...lengths: number[]) {
    const set = new Map<unknown, number>()
    const [setReal, clearReal] = [globalThis.setTimeout, globalThis.clearTimeout]
    vi.spyOn(globalThis, 'setTimeout').mockImplementation(((run: () => void, ms = 0) => {
      const timer = setReal(run, ms)
      if (lengths.includes(ms)) set.set(timer, ms)
      return timer
    }) as typeof setTimeout)
    vi.spyOn(globalThis, 'clearTimeout').mockImplementation(timer => {
      set.delete(timer)
      clearReal(timer)
    })
    return () => [...set.values()]
  }

  test('by a message that is sent', async () => {
    const left = watchTimers(8000)

    await send()

    expect(left()).toEqual([])
  })

  test('by the making of a connection that is there', async () => {
    const left = watchTimers(3000)
    const leftOnce: number[][] = []
    answer = () => {
      leftOnce.push(left())
      return created
    }

    await send()

    expect(leftOnce).toEqual([[]])
  })

  test('by a port where nothing listens', async () => {
    const left = watchTimers(8000, 3000)

    const delivery = await sendSms(accountAt('http://127.0.0.1:1'), sms, never)

    // The request is closed a moment after its error.
    await vi.waitUntil(() => left().length === 0)
    expect(delivery).toEqual({ outcome: 'unreachable' })
  })
})

describe('where nothing was written', () => {
  const nothingWritten = { outcome: 'unreachable' }

  test('a refused connection is unreachable after one more try', async () => {
    const requested = vi.spyOn(http, 'request')
    await standIn.close()

    expect(await send()).toEqual(nothingWritten)
    expect(requested).toHaveBeenCalledTimes(2)
  })

  test('a name without an address is unreachable', async () => {
    const requested = vi.spyOn(http, 'request')
    const host = `${'a'.repeat(64)}.invalid`

    expect(await sendSms(accountAt(`http://${host}`), sms, never)).toEqual(nothingWritten)
    expect(requested).toHaveBeenCalledTimes(2)
  })

  test('a TLS connection reset during the handshake is tried once again', async () => {
    const seen = await listen(
      net.createServer(socket => socket.once('data', () => socket.destroy())),
    )

    expect(await sendSms(accountAt(`https://127.0.0.1:${seen.port}`), sms, never)).toEqual(
      nothingWritten,
    )
    expect(seen.connections).toBe(2)
  })

  test('a server that speaks no TLS is unreachable', async () => {
    const url = standIn.url.replace('http:', 'https:')

    expect(await sendSms(accountAt(url), sms, never)).toEqual(nothingWritten)
    expect(standIn.requests).toHaveLength(0)
  })

  test('a server whose certificate is not trusted reads nothing', async () => {
    let bytesRead = 0
    const server = tls.createServer(certificate, socket => {
      socket.on('error', () => {})
      socket.on('data', data => {
        bytesRead += data.length
      })
    })
    server.on('tlsClientError', () => {})
    const seen = await listen(server)

    expect(await sendSms(accountAt(`https://127.0.0.1:${seen.port}`), sms, never)).toEqual(
      nothingWritten,
    )
    expect(seen.connections).toBe(2)
    expect(bytesRead).toBe(0)
  })

  test('a handshake that takes three seconds is unreachable after one more try', async () => {
    const threeSecondsPass = holdTimer(3000)
    const seen = await listen(net.createServer(() => threeSecondsPass()))

    expect(await sendSms(accountAt(`https://127.0.0.1:${seen.port}`), sms, never)).toEqual(
      nothingWritten,
    )
    expect(seen.connections).toBe(2)
  })

  test('a deadline during the handshake is unreachable without a later request', async () => {
    const caller = new AbortController()
    const server = net.createServer(socket => {
      socket.resume()
      caller.abort()
    })
    const seen = await listen(server)
    const closed = once(server, 'connection').then(([socket]) => once(socket, 'close'))

    expect(await sendSms(accountAt(`https://127.0.0.1:${seen.port}`), sms, caller.signal)).toEqual(
      nothingWritten,
    )
    await closed
    expect(seen.connections).toBe(1)
  })

  test('a signal that was aborted before is unreachable without a request', async () => {
    expect(await send(AbortSignal.abort())).toEqual(nothingWritten)
    expect(standIn.requests).toHaveLength(0)
  })

  test('the retry is sent when it gets through', async () => {
    const authorities = tls.getCACertificates('default')
    tls.setDefaultCACertificates([...authorities, certificate.cert])
    closers.push(() => tls.setDefaultCACertificates(authorities))
    const received: string[] = []
    const server = https.createServer(certificate, (request, response) => {
      received.push(request.url ?? '')
      response.writeHead(201).end(JSON.stringify(created.body))
    })
    server.on('tlsClientError', () => {})
    server.once('connection', socket => socket.destroy())
    const seen = await listen(server)

    expect(await sendSms(accountAt(`https://localhost:${seen.port}`), sms, never)).toEqual(wasSent)
    expect(seen.connections).toBe(2)
    expect(received).toEqual(['/2010-04-01/Accounts/ACtest/Messages.json'])
  })

  test.each<Partial<TwilioAccount>>([
    { url: 'not a url' },
    { accountSid: 'SKtest' },
    { accountSid: 'AC/../../test' },
    { password: '' },
  ])('an account that Twilio’s client rejects, %j, is unreachable', async wrong => {
    const account = { ...accountAt(standIn.url), ...wrong }

    expect(await sendSms(account, sms, never)).toEqual(nothingWritten)
    expect(standIn.requests).toHaveLength(0)
  })
})

describe('where something may have been written', () => {
  test('a connection closed without an answer is unknown', async () => {
    const seen = await listen(net.createServer(socket => socket.once('data', () => socket.end())))

    expect(await sendSms(accountAt(`http://127.0.0.1:${seen.port}`), sms, never)).toEqual({
      outcome: 'unknown',
      cause: 'ECONNRESET',
    })
    expect(seen.connections).toBe(1)
  })

  test('a connection closed midway in a 201 is unknown', async () => {
    const half = 'HTTP/1.1 201 Created\r\ncontent-length: 99\r\n\r\n{"sid":"SM1",'
    const seen = await listen(
      net.createServer(socket => socket.once('data', () => socket.end(half))),
    )

    expect(await sendSms(accountAt(`http://127.0.0.1:${seen.port}`), sms, never)).toEqual({
      outcome: 'unknown',
      cause: 'ECONNRESET',
    })
    expect(seen.connections).toBe(1)
  })

  test('a TLS connection that is reset after the handshake is unknown', async () => {
    const authorities = tls.getCACertificates('default')
    tls.setDefaultCACertificates([...authorities, certificate.cert])
    closers.push(() => tls.setDefaultCACertificates(authorities))
    const server = tls.createServer(certificate, socket => {
      socket.on('error', () => {})
      socket.once('data', () => socket.destroy())
    })
    const seen = await listen(server)

    expect(await sendSms(accountAt(`https://127.0.0.1:${seen.port}`), sms, never)).toEqual({
      outcome: 'unknown',
      cause: 'ECONNRESET',
    })
    expect(seen.connections).toBe(1)
  })

  test('an answer that is no HTTP is unknown', async () => {
    const seen = await listen(
      net.createServer(socket => socket.once('data', () => socket.end('SSH-2.0-nothing\r\n\r\n'))),
    )

    expect(await sendSms(accountAt(`http://127.0.0.1:${seen.port}`), sms, never)).toEqual({
      outcome: 'unknown',
      cause: 'HPE_INVALID_CONSTANT',
    })
    expect(seen.connections).toBe(1)
  })

  test('no answer before the signal is unknown', async () => {
    const caller = new AbortController()
    answer = () => {
      caller.abort()
      return { fault: 'hang' }
    }

    expect(await send(caller.signal)).toEqual({ outcome: 'unknown', cause: 'timeout' })
    expect(standIn.requests).toHaveLength(1)
  })

  test('no answer within eight seconds is unknown', { timeout: 2000 }, async () => {
    const eightSecondsPass = holdTimer(8000)
    answer = () => {
      eightSecondsPass()
      return { fault: 'hang' }
    }

    expect(await send()).toEqual({ outcome: 'unknown', cause: 'timeout' })
    expect(standIn.requests).toHaveLength(1)
  })

  test('a 201 that trickles in beyond the signal is unknown', async () => {
    const caller = new AbortController()
    answer = () => {
      setTimeout(() => caller.abort(), 50)
      return { ...created, fault: 'trickle' }
    }

    expect(await send(caller.signal)).toEqual({ outcome: 'unknown', cause: 'timeout' })
    expect(standIn.requests).toHaveLength(1)
  })
})

describe('a connection', () => {
  /** A server that counts its requests, and answers each as it is given. */
  async function listenHttp(respond: (response: http.ServerResponse, n: number) => void) {
    let n = 0
    return listen(
      http.createServer((request, response) => {
        request.resume()
        n += 1
        respond(response, n)
      }),
    )
  }
  const accept = (response: http.ServerResponse) =>
    response.writeHead(201).end(JSON.stringify(created.body))

  test('is kept for the next message', async () => {
    const seen = await listenHttp(accept)
    const account = accountAt(`http://127.0.0.1:${seen.port}`)

    expect(await sendSms(account, sms, never)).toEqual(wasSent)
    expect(await sendSms(account, sms, never)).toEqual(wasSent)
    expect(seen.connections).toBe(1)
  })

  test('that was kept and is reset leaves the message unknown', async () => {
    let requests = 0
    const seen = await listenHttp((response, n) => {
      requests = n
      if (n === 1) accept(response)
      else response.socket?.resetAndDestroy()
    })
    const account = accountAt(`http://127.0.0.1:${seen.port}`)

    expect(await sendSms(account, sms, never)).toEqual(wasSent)
    expect(await sendSms(account, sms, never)).toEqual({ outcome: 'unknown', cause: 'ECONNRESET' })
    expect(seen.connections).toBe(1)
    expect(requests).toBe(2)
  })

  test('that was idle for more than five seconds by the clock is not used again', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() })
    const seen = await listenHttp(accept)
    const account = accountAt(`http://127.0.0.1:${seen.port}`)

    expect(await sendSms(account, sms, never)).toEqual(wasSent)
    vi.setSystemTime(Date.now() + 5001)
    expect(await sendSms(account, sms, never)).toEqual(wasSent)
    expect(seen.connections).toBe(2)
  })
})

describe('the account', () => {
  test('is the caller’s, whatever TWILIO_* variables say', async () => {
    vi.stubEnv('TWILIO_ACCOUNT_SID', 'ACother')
    vi.stubEnv('TWILIO_AUTH_TOKEN', 'other')
    vi.stubEnv('TWILIO_REGION', 'ie1')
    vi.stubEnv('TWILIO_EDGE', 'dublin')

    expect(await send()).toEqual(wasSent)
    expect(standIn.requests[0]).toMatchObject({
      path: '/2010-04-01/Accounts/ACtest/Messages.json',
      username: 'SKtest',
      password: 'auth-token-test',
    })
  })

  test.each(['localhost', '127.0.0.1'])(
    'may be reached at %s with or without a slash',
    async host => {
      const url = `http://${host}:${standIn.port}`

      expect(await sendSms(accountAt(url), sms, never)).toEqual(wasSent)
      expect(await sendSms(accountAt(`${url}/`), sms, never)).toEqual(wasSent)
      expect(standIn.requests.map(({ path }) => path)).toEqual([
        '/2010-04-01/Accounts/ACtest/Messages.json',
        '/2010-04-01/Accounts/ACtest/Messages.json',
      ])
    },
  )

  test.each([
    'api.twilio.com',
    'api.ie1.twilio.com',
    'api.sydney.us1.twilio.com',
    'sms.of.some.other.example.com',
  ])('keeps the hostname %s', async host => {
    vi.stubEnv('TWILIO_REGION', 'au1')
    vi.stubEnv('TWILIO_EDGE', 'sydney')
    const asked = vi.spyOn(https, 'request').mockImplementation(() => {
      throw new Error('not from a test')
    })

    await sendSms(accountAt(`https://${host}/`), sms, never)

    expect(asked).toHaveBeenCalledWith(
      expect.objectContaining({
        hostname: host,
        path: '/2010-04-01/Accounts/ACtest/Messages.json',
      }),
      expect.anything(),
    )
  })
})

describe('nothing foreign escapes', () => {
  const secrets = ['auth-token-test', 'SKtest', '483920', '15555550100', 'Authorization']

  test.each<[string, StandInAnswer]>([
    ['a refusal', { status: 400, body: { code: 21606, message: 'the number +15555550100' } }],
    ['an outage', { status: 500, body: 'Authorization: SKtest 483920' }],
    ['a reset', { fault: 'reset' }],
    ['a broken answer', { status: 201, body: 'SKtest', fault: 'reset midway' }],
    ['an answer too large', { status: 201, body: '483920'.repeat(20_000) }],
  ])('by %s', async (_, answers) => {
    answer = () => answers

    const delivery = JSON.stringify(await send())

    for (const secret of secrets) expect(delivery).not.toContain(secret)
  })

  test('to the console with TWILIO_LOG_LEVEL at debug', async () => {
    vi.stubEnv('TWILIO_LOG_LEVEL', 'debug')
    const written = vi.spyOn(console, 'log').mockImplementation(() => {})

    expect(await send()).toEqual(wasSent)
    expect(written).not.toHaveBeenCalled()
  })
})

describe('the module', () => {
  async function run(args: string[]) {
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: root })
    return JSON.parse(stdout)
  }
  const program = (load: string) => `
    const { sendSms } = ${load}
    const account = ${JSON.stringify(accountAt(standIn.url))}
    const delivery = await sendSms(account, ${JSON.stringify(sms)}, new AbortController().signal)
    console.log(JSON.stringify(delivery))`

  test('sends from Node as it is', async () => {
    const source = program(`await import('./lib/twilio/client.ts')`)

    expect(await run(['--input-type=module', '-e', source])).toEqual(wasSent)
  })

  async function bundle(): Promise<string> {
    const folder = mkdtempSync(join(tmpdir(), 'twilio-'))
    closers.push(() => rmSync(folder, { recursive: true }))
    const outfile = join(folder, 'twilio.cjs')
    await build({
      entryPoints: [join(root, 'lib/twilio/client.ts')],
      outfile,
      bundle: true,
      minify: true,
      platform: 'node',
      format: 'cjs',
      mainFields: ['module', 'main'],
    })
    return outfile
  }

  test('sends from a CommonJS bundle', async () => {
    const source = program(`require(${JSON.stringify(await bundle())})`)

    expect(await run(['-e', `(async () => {${source}})()`])).toEqual(wasSent)
  })

  test('is less than half a megabyte as a bundle', async () => {
    expect(statSync(await bundle()).size).toBeLessThan(500_000)
  })
})

interface Scenario {
  name: string
  settings: Record<string, string | boolean | null>
  device_number: string
  stub_response: {
    status: number
    body: unknown
    headers?: Record<string, string>
    ctype?: string
    close?: boolean
    delay?: number
  }
  requests: {
    method: string
    path: string
    authorization: { scheme: string; user: string; password_is: string }
    form: [string, string][]
  }[]
  outcome: { returned?: string; exception?: string }
}

const scenarios: Scenario[] = JSON.parse(fixture('http-vectors.json')).scenarios
const scenarioOf = (name: string) => scenarios.find(scenario => scenario.name === name) as Scenario

/** Sends what the settings of the scenario make of its message, and the token 483920. */
function sendScenario({ settings, device_number: to }: Scenario, url: string): Promise<Delivery> {
  const setting = (name: string) => String(settings[`OTP_TWILIO_${name}`] ?? '')
  const messagingServiceSid = setting('MESSAGING_SERVICE_SID')
  const account = {
    url: setting('URL').replace('{url}', url).replace('{dead_url}', url),
    accountSid: setting('ACCOUNT'),
    username: setting('API_KEY') || setting('ACCOUNT'),
    password: setting('AUTH'),
  }
  const body = (setting('TOKEN_TEMPLATE') || '{token}').replace('{token}', '483920')
  const sender = messagingServiceSid ? { messagingServiceSid } : { from: setting('FROM') }
  return sendSms(account, { to, body, sender, validityPeriod: 30 }, never)
}

describe('django-otp-twilio’s recorded requests', () => {
  const sameRequest = [
    'FROM',
    'MESSAGING_SERVICE_SID',
    'both: MESSAGING_SERVICE_SID takes precedence',
    'account auth (API_KEY None)',
    'API key auth',
    'API key empty string falls back to account',
    'template "Your code is {token}"',
    'template without placeholder',
    'template with non-ASCII and reserved characters',
    'challenge message with {token}',
    'number with spaces, not E.164',
    'empty number',
    'non-ASCII auth',
  ]
  const otherRequest = ['URL with trailing slash', 'account with reserved characters']

  /** The scenario is about a setting, and the settings' own tests replay it. */
  const settingsOnly = [
    'template with unknown placeholder',
    'ACCOUNT unset',
    'ACCOUNT None',
    'ACCOUNT empty string',
    'AUTH None',
    'AUTH empty string',
    'ACCOUNT and AUTH None (which first?)',
    'ACCOUNT None but API_KEY set',
    'neither FROM nor SID',
    'neither FROM nor SID, prior live token',
    'FROM empty string, no SID',
    'NO_DELIVERY with nothing configured',
  ]

  /** What we make of each recorded answer; `differs` says where and why the peer ends otherwise. */
  const answers: Record<string, { is: Delivery; requests?: number; differs?: string }> = {
    'HTTP 400 Twilio JSON': { is: { outcome: 'undeliverable', twilioCode: 21211 } },
    'HTTP 400 with a prior live token': { is: { outcome: 'undeliverable', twilioCode: 21211 } },
    'HTTP 401': { is: { outcome: 'unauthorized', twilioCode: 20003 } },
    'HTTP 403': { is: { outcome: 'refused', status: 403, twilioCode: 20403 } },
    'HTTP 404': { is: { outcome: 'refused', status: 404, twilioCode: 20404 } },
    'HTTP 429 (Retry-After: 1): retried?': {
      is: { outcome: 'busy', retryAfterSeconds: 1 },
      requests: 3,
      differs: 'the peer fails at once; a 429 was never processed, so it is safe to retry',
    },
    'HTTP 500': { is: { outcome: 'unknown', cause: 'status 500' } },
    'HTTP 500 HTML body': { is: { outcome: 'unknown', cause: 'status 500' } },
    'HTTP 503': { is: { outcome: 'unknown', cause: 'status 503' } },
    'HTTP 200 with sid': { is: { outcome: 'sent', messageSid: 'SM1' } },
    'HTTP 200 with sid null': {
      is: { outcome: 'unknown', cause: 'no sid' },
      differs: 'the peer looks for the member alone; without a sid there is no message to speak of',
    },
    'HTTP 201 with sid but status failed': {
      is: { outcome: 'refused', status: 201, twilioCode: 30008 },
      differs: 'the peer looks for the sid alone; Twilio says that nothing was sent',
    },
    'HTTP 200 without sid, with message': { is: { outcome: 'unknown', cause: 'no sid' } },
    'HTTP 200 without sid, without message': { is: { outcome: 'unknown', cause: 'no sid' } },
    'HTTP 200 JSON array': { is: { outcome: 'unknown', cause: 'no sid' } },
    'HTTP 200 not JSON': { is: { outcome: 'unknown', cause: 'not JSON' } },
    'HTTP 200 empty body': { is: { outcome: 'unknown', cause: 'not JSON' } },
    'HTTP 302 to /elsewhere (followed?)': {
      is: { outcome: 'refused', status: 302, twilioCode: null },
      differs: 'the peer follows, with its credentials; a redirect is no part of this API',
    },
    'HTTP 307 to /elsewhere (followed?)': {
      is: { outcome: 'refused', status: 307, twilioCode: null },
      differs: 'the peer follows, with its credentials and the token',
    },
    'connection closed without response': { is: { outcome: 'unknown', cause: 'ECONNRESET' } },
    'connection refused': { is: { outcome: 'unreachable' }, requests: 0 },
    'slow server, 6 s (timeout?)': {
      is: { outcome: 'sent', messageSid: 'SM0123456789abcdef0123456789abcdef' },
    },
  }

  test('are each replayed once, here or by the settings’ tests', () => {
    const replayed = [...sameRequest, ...otherRequest, ...Object.keys(answers), ...settingsOnly]

    expect(replayed.toSorted()).toEqual(scenarios.map(({ name }) => name).toSorted())
  })

  test.each(sameRequest)('are made for %s', async name => {
    const scenario = scenarioOf(name)
    const [recorded] = scenario.requests

    expect(await sendScenario(scenario, standIn.url)).toEqual(wasSent)
    expect(standIn.requests).toHaveLength(1)
    expect(standIn.requests[0]).toMatchObject({
      method: recorded?.method,
      path: recorded?.path,
      username: recorded?.authorization.user,
      password: scenario.settings.OTP_TWILIO_AUTH,
    })
    const form = Object.fromEntries(recorded?.form ?? [])
    expect(standIn.requests[0]?.form).toEqual({
      ...form,
      Body: form.Body?.replace('{token}', '483920'),
      ValidityPeriod: '30',
    })
  })

  test('are made with one slash for URL with trailing slash', async () => {
    const scenario = scenarioOf('URL with trailing slash')

    expect(await sendScenario(scenario, standIn.url)).toEqual(wasSent)
    expect(scenario.requests[0]?.path).toBe('//2010-04-01/Accounts/ACtest/Messages.json')
    expect(standIn.requests[0]?.path).toBe('/2010-04-01/Accounts/ACtest/Messages.json')
  })

  // No setting steers the path of a request.
  test('are not made for account with reserved characters', async () => {
    const scenario = scenarioOf('account with reserved characters')

    expect(await sendScenario(scenario, standIn.url)).toEqual({ outcome: 'unreachable' })
    expect(scenario.requests).toHaveLength(1)
    expect(standIn.requests).toHaveLength(0)
  })

  test.each(Object.entries(answers))('are answered: %s', async (name, expected) => {
    const { is, requests = 1, differs } = expected
    const scenario = scenarioOf(name)
    const { status, body, headers, ctype, close, delay } = scenario.stub_response
    skipWaits(1000, 6000)
    answer = ({ path }) => {
      if (path === '/elsewhere') return created
      if (close) return { fault: 'reset' }
      const location = status >= 300 && status < 400 ? { location: '/elsewhere' } : {}
      const type = ctype === undefined ? {} : { 'content-type': ctype }
      const delayMs = (delay ?? 0) * 1000
      return { status, body, headers: { ...headers, ...location, ...type }, delayMs }
    }
    if (name === 'connection refused') await standIn.close()

    expect(await sendScenario(scenario, standIn.url)).toEqual(is)
    expect(standIn.requests).toHaveLength(requests)
    if (!differs) expect(is.outcome === 'sent').toBe('returned' in scenario.outcome)
  })
})

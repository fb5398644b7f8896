import { once } from 'node:events'
import http from 'node:http'
import net from 'node:net'
import { text } from 'node:stream/consumers'
import { validateRequest } from 'twilio/lib/webhooks/webhooks.js'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { startTwilioStandIn, type TwilioStandIn } from '../../../infra/local/twilio/stand-in.ts'

let standIn: TwilioStandIn

beforeEach(async () => {
  standIn = await startTwilioStandIn()
})

afterEach(() => standIn.close())

const authorization = `Basic ${Buffer.from('SKtest:secret').toString('base64')}`
const message = { To: '+15555550100', Body: '483920', From: '+15005550006' }

function post(form: Record<string, string>, headers: Record<string, string> = { authorization }) {
  return fetch(`${standIn.url}/2010-04-01/Accounts/ACtest/Messages.json`, {
    method: 'POST',
    headers,
    body: new URLSearchParams(form),
  })
}

async function answerTo(...request: Parameters<typeof post>) {
  const response = await post(...request)
  return { status: response.status, body: await response.json() }
}

async function listed(query = '') {
  const response = await fetch(`${standIn.url}/messages.json${query}`)
  const { messages } = (await response.json()) as { messages: TwilioStandIn['messages'] }
  return messages
}

async function inboxHtml() {
  const response = await fetch(standIn.url)
  return { response, html: await response.text() }
}

function chooseFailure(body: string) {
  return fetch(`${standIn.url}/failure.json`, { method: 'PUT', body })
}

/** Each call waits for the next event of the inbox. */
async function eventsOf(url: string) {
  const { body } = await fetch(`${url}/events`)
  const reader = body!.pipeThrough(new TextDecoderStream()).getReader()
  let received = ''
  return async () => {
    while (!received.includes('\n\n')) {
      const { value = '', done } = await reader.read()
      if (done) throw new Error('The inbox hung up.')
      received += value
    }
    const [block = '', ...rest] = received.split('\n\n')
    received = rest.join('\n\n')
    const [, event, data = ''] = /^event: (\w+)\ndata: (.*)$/.exec(block) ?? []
    return { event, data: JSON.parse(data) }
  }
}

describe('the stand-in for Twilio', () => {
  test('answers a message as Twilio does', async () => {
    const { status, body } = await answerTo({ ...message, ValidityPeriod: '300' })

    expect(status).toBe(201)
    expect(body).toMatchObject({
      sid: expect.stringMatching(/^SM[0-9a-f]{32}$/),
      account_sid: 'ACtest',
      to: '+15555550100',
      from: '+15005550006',
      messaging_service_sid: null,
      body: '483920',
      status: 'queued',
      direction: 'outbound-api',
      error_code: null,
      date_created: expect.stringMatching(/^\w{3}, \d{2} \w{3} \d{4} [\d:]{8} \+0000$/),
      uri: expect.stringMatching(/^\/2010-04-01\/Accounts\/ACtest\/Messages\/SM\w{32}\.json$/),
    })
  })

  test('prefers the messaging service to the number', async () => {
    const { status, body } = await answerTo({ ...message, MessagingServiceSid: 'MGtest' })

    expect(status).toBe(201)
    expect(body).toMatchObject({ from: null, messaging_service_sid: 'MGtest', status: 'accepted' })
    expect(standIn.messages).toMatchObject([{ from: 'MGtest' }])
  })

  test('keeps what it was sent', async () => {
    await post({ ...message, ValidityPeriod: '300' })

    expect(standIn.messages).toEqual([
      {
        sid: expect.stringMatching(/^SM/),
        to: '+15555550100',
        from: '+15005550006',
        body: '483920',
        channel: 'sms',
        statusCallback: null,
        status: 'queued',
        validityPeriod: 300,
        sentAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      },
    ])
    expect(standIn.requests).toMatchObject([
      {
        method: 'POST',
        path: '/2010-04-01/Accounts/ACtest/Messages.json',
        username: 'SKtest',
        password: 'secret',
        form: { ...message, ValidityPeriod: '300' },
      },
    ])
  })

  test.each([
    { rule: 'no credentials', headers: {}, status: 401, code: 20003 },
    {
      rule: 'credentials without a password',
      headers: { authorization: `Basic ${Buffer.from('SKtest:').toString('base64')}` },
      status: 401,
      code: 20003,
    },
    { rule: 'no number', form: { To: '' }, status: 400, code: 21604 },
    { rule: 'no text', form: { Body: '' }, status: 400, code: 21602 },
    { rule: 'no sender', form: { From: '' }, status: 400, code: 21603 },
    { rule: 'the magic invalid number', form: { To: '+15005550001' }, status: 400, code: 21211 },
    { rule: 'the magic unroutable number', form: { To: '+15005550002' }, status: 400, code: 21612 },
    { rule: 'the magic forbidden region', form: { To: '+15005550003' }, status: 400, code: 21408 },
    { rule: 'the magic blocked number', form: { To: '+15005550004' }, status: 400, code: 21610 },
    { rule: 'the magic landline', form: { To: '+15005550009' }, status: 400, code: 21614 },
  ])('refuses $rule with $code and keeps no message', async ({ form, headers, status, code }) => {
    const answered = await answerTo({ ...message, ...form }, headers)

    expect(answered).toMatchObject({
      status,
      body: { code, status, more_info: `https://www.twilio.com/docs/errors/${code}` },
    })
    expect(standIn.messages).toEqual([])
  })

  test.each(['/2010-04-01/Accounts/ACtest/Faxes.json', '/elsewhere', '//'])(
    'answers 404 to %s',
    async path => {
      const response = await fetch(`${standIn.url}${path}`, { method: 'POST' })

      expect(response.status).toBe(404)
      expect(await response.json()).toMatchObject({ code: 20404, status: 404 })
    },
  )

  test('answers 405 to another method', async () => {
    const response = await fetch(`${standIn.url}/2010-04-01/Accounts/ACtest/Messages.json`)

    expect(response.status).toBe(405)
    expect(await response.json()).toMatchObject({ code: 20004 })
  })

  test('keeps the last thousand messages and requests', async () => {
    await post({ ...message, Body: 'the first' })
    const [first, request] = [standIn.messages[0]!, standIn.requests[0]!]
    for (let n = 2; n < 1000; n += 1) {
      standIn.messages.push({ ...first, body: `text ${n}` })
      standIn.requests.push(request)
    }

    await post({ ...message, Body: 'text 1000' })
    await post({ ...message, Body: 'text 1001' })

    expect(standIn.messages).toHaveLength(1000)
    expect(standIn.messages[0]?.body).toBe('text 2')
    expect(standIn.messages[999]?.body).toBe('text 1001')
    expect(standIn.requests).toHaveLength(1000)
  })

  test('answers what a test says, for the requests it says', async () => {
    await standIn.close()
    standIn = await startTwilioStandIn({
      answer: ({ form }, n) => (n === 2 ? { status: 429, body: { to: form.To } } : undefined),
    })

    expect((await post(message)).status).toBe(201)
    expect(await answerTo(message)).toEqual({ status: 429, body: { to: '+15555550100' } })
    expect((await post(message)).status).toBe(201)
    expect(standIn.messages).toHaveLength(2)
  })

  test('passes on that a port is taken', async () => {
    await expect(startTwilioStandIn({ port: standIn.port })).rejects.toMatchObject({
      code: 'EADDRINUSE',
    })
  })

  test('closes with connections open and answers owed', async () => {
    await standIn.close()
    standIn = await startTwilioStandIn({ answer: () => ({ fault: 'hang' }) })
    const idle = net.connect(standIn.port, '127.0.0.1')
    const owed = post(message).catch(() => 'broken off')

    await expect.poll(() => standIn.requests.length).toBe(1)
    await standIn.close()

    expect(await owed).toBe('broken off')
    idle.destroy()
  })
})

describe('the calls that only read', () => {
  const get = (path: string, headers: Record<string, string> = { authorization }) =>
    fetch(`${standIn.url}${path}`, { headers }).then(async response => ({
      status: response.status,
      body: await response.json(),
    }))

  test.each([
    ['an account', '/2010-04-01/Accounts/ACtest.json', { sid: 'ACtest', status: 'active' }],
    [
      'its numbers, of which none is named',
      '/2010-04-01/Accounts/ACtest/IncomingPhoneNumbers.json?PageSize=1',
      { incoming_phone_numbers: [], page_size: 1, next_page_uri: null },
    ],
    [
      'the number that is asked for',
      '/2010-04-01/Accounts/ACtest/IncomingPhoneNumbers.json?PhoneNumber=%2B15005550006',
      {
        incoming_phone_numbers: [
          {
            account_sid: 'ACtest',
            phone_number: '+15005550006',
            capabilities: { sms: true },
          },
        ],
      },
    ],
    ['a messaging service', '/v1/Services/MGtest', { sid: 'MGtest' }],
  ])('show %s', async (_, path, shown) => {
    expect(await get(path)).toMatchObject({ status: 200, body: shown })
    expect(await get(path, {})).toMatchObject({ status: 401, body: { code: 20003 } })
    expect(standIn.messages).toEqual([])
  })

  test('are refused with another method', async () => {
    const response = await fetch(`${standIn.url}/v1/Services/MGtest`, { method: 'DELETE' })

    expect(response.status).toBe(405)
  })
})

describe('the inbox', () => {
  test('lists number, sender and text, newest first', async () => {
    await post({ ...message, To: '+15555550101', Body: 'the first' })
    await post({ ...message, To: '+15555550102', Body: 'the second' })

    const { response, html } = await inboxHtml()

    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8')
    for (const shown of ['+15555550101', '+15555550102', '+15005550006', 'the first']) {
      expect(html).toContain(shown)
    }
    expect(html.indexOf('the second')).toBeLessThan(html.indexOf('the first'))
    expect(html).toContain(`<time datetime="${standIn.messages[0]?.sentAt}">`)
  })

  test('marks the token', async () => {
    await post({ ...message, Body: 'Your code is 019283.' })

    expect((await inboxHtml()).html).toContain('Your code is <b>019283</b>.')
  })

  test('says that nothing was really sent', async () => {
    const { html } = await inboxHtml()

    expect(html).toContain('Nothing was really sent.')
    expect(html).toContain('local stand-in for Twilio')
    expect(html).toContain('No messages yet')
  })

  test('escapes what it shows', async () => {
    const markup = `<img src=x onerror="alert('1')">&amp;`
    await post({ To: markup, Body: markup, From: markup })

    const { html } = await inboxHtml()

    expect(html).not.toContain('<img')
    expect(
      html.split('&#60;img src=x onerror=&#34;alert(&#39;1&#39;)&#34;&#62;&#38;amp;'),
    ).toHaveLength(4)
  })

  test('loads nothing from elsewhere and runs only its own script', async () => {
    const { response, html } = await inboxHtml()
    const policy = response.headers.get('content-security-policy') ?? ''
    const nonce = /script-src 'nonce-([^']+)'/.exec(policy)?.[1]

    expect(policy).toContain("default-src 'none'")
    expect(html).toContain(`<script nonce="${nonce}">`)
    expect(html).not.toMatch(/(?:src|href)="(?!data:)|https?:/)
  })

  test('is told of each message as it arrives, of what went before, and of its emptying', async () => {
    await post({ ...message, Body: 'before' })
    const told = await eventsOf(standIn.url)

    const before = await told()
    await post({ ...message, Body: 'Your code is 483920.' })
    const arrived = await told()
    await fetch(`${standIn.url}/messages.json`, { method: 'DELETE' })
    const emptied = await told()

    expect(before).toMatchObject({ event: 'state', data: { next: null, last: null } })
    expect(before.data.items).toContain('before')
    expect(arrived).toMatchObject({ event: 'message', data: { sid: expect.any(String) } })
    expect(arrived.data.item).toContain('data-token="483920"')
    expect(emptied).toEqual({ event: 'emptied', data: null })
  })

  test.each([
    ['429', 429, 20429],
    ['500', 500, 20500],
    ['refused', 400, 21614],
  ])(
    'lets the next message fail with %s, each retry of it too, and no other',
    async (next, status, code) => {
      const told = await eventsOf(standIn.url)
      await told()
      const chosen = await chooseFailure(JSON.stringify({ next }))
      const armed = await told()

      const first = await answerTo(message)
      const used = await told()
      const retried = await answerTo(message)
      const other = await answerTo({ ...message, Body: '483921' })

      expect([chosen.status, armed.data, used.data]).toEqual([
        204,
        { next, last: null },
        { next: null, last: next },
      ])
      expect(first).toMatchObject({ status, body: { code, status } })
      expect(retried).toEqual(first)
      expect(other.status).toBe(201)
      expect(standIn.messages).toHaveLength(1)
    },
  )

  test('lets the next message wait in vain', async () => {
    await chooseFailure('{"next":"time-out"}')
    const owed = post(message).catch(() => 'broken off')

    await expect.poll(() => standIn.requests.length).toBe(1)
    await standIn.close()

    expect(await owed).toBe('broken off')
  })

  test('takes the chosen failure back', async () => {
    await chooseFailure('{"next":"500"}')
    await chooseFailure('{"next":null}')

    expect((await post(message)).status).toBe(201)
  })

  test.each(['{"next":"503"}', '{"next":1}', '{}', 'null', '[]', ''])(
    'refuses a failure that it does not have: %j',
    async body => {
      const response = await chooseFailure(body)

      expect(response.status).toBe(400)
      expect(await response.json()).toEqual({
        message: '"next" must be null or one of: 429, 500, time-out, refused, on its way.',
      })
    },
  )

  test('is had as JSON, newest first, for all numbers or one', async () => {
    await post({ ...message, Body: 'first' })
    await post({ ...message, To: '+15555550199', Body: 'second' })
    await post({ ...message, Body: 'third' })

    expect((await listed()).map(({ body }) => body)).toEqual(['third', 'second', 'first'])
    expect((await listed('?to=%2B15555550100')).map(({ body }) => body)).toEqual(['third', 'first'])
    expect(await listed('?to=%2B15555550111')).toEqual([])
  })

  test('is emptied by DELETE', async () => {
    await post(message)

    const response = await fetch(`${standIn.url}/messages.json`, { method: 'DELETE' })

    expect(response.status).toBe(204)
    expect(await listed()).toEqual([])
    expect(standIn.messages).toEqual([])
  })

  test('is not counted among the requests to Twilio', async () => {
    await inboxHtml()
    await listed()

    expect(standIn.requests).toEqual([])
  })
})

describe('the channels of the stand-in', () => {
  const send = (resource: string, form: Record<string, string>) =>
    fetch(`${standIn.url}/2010-04-01/Accounts/ACtest/${resource}.json`, {
      method: 'POST',
      headers: { authorization },
      body: new URLSearchParams(form),
    })

  test('keep a call by what it says, and a WhatsApp message by its number', async () => {
    const { To, From } = message
    const Twiml = '<Response><Say language="en-US">Your code is 4, 8 &#38; 3.</Say></Response>'
    await send('Calls', { To, From, Twiml })
    await send('Messages', { To: `whatsapp:${To}`, From: `whatsapp:${From}`, Body: '483920' })
    await send('Messages', { To: `whatsapp:${To}`, From: 'MG1', ContentVariables: '{"1":"4"}' })

    expect(await listed('?to=%2B15555550100')).toMatchObject([
      { channel: 'whatsapp', to: '+15555550100', body: '{"1":"4"}' },
      { channel: 'whatsapp', to: '+15555550100', body: '483920' },
      { channel: 'call', sid: expect.stringMatching(/^CA/), body: 'Your code is 4, 8 & 3.' },
    ])
  })

  test.each([
    ['Calls', { To: '+15555550100', Twiml: '<Response><Say>1</Say></Response>' }, 21213],
    ['Calls', { To: '+15555550100', From: '+15005550006' }, 21205],
    ['Calls', { From: '+15005550006' }, 21201],
    ['Messages', { To: 'whatsapp:+15555550100', From: '+15005550006', Body: '1' }, 63007],
  ])('refuse at %s as Twilio does: %o', async (resource, form, code) => {
    const response = await send(resource, form as Record<string, string>)

    expect([response.status, await response.json()]).toMatchObject([400, { code }])
    expect(standIn.messages).toEqual([])
  })
})

describe('the status callbacks of the stand-in', () => {
  const token = 'auth-token'
  const basic = `Basic ${Buffer.from(`ACtest:${token}`).toString('base64')}`
  let reported: { url: string; signature: string; form: Record<string, string> }[]
  let listener: http.Server
  let callbackUrl: string

  beforeEach(async () => {
    reported = []
    listener = http.createServer(async (request, response) => {
      const form = Object.fromEntries(new URLSearchParams(await text(request)))
      const signature = String(request.headers['x-twilio-signature'])
      reported.push({ url: request.url!, signature, form })
      response.writeHead(204).end()
      if (reported.length === 2) listener.emit('reported twice')
    })
    await new Promise<void>(resolve => listener.listen(0, '127.0.0.1', resolve))
    callbackUrl = `http://127.0.0.1:${(listener.address() as net.AddressInfo).port}/status`
  })

  afterEach(() => listener.close())

  const ask = (path: string, body: Record<string, string>) =>
    fetch(standIn.url + path, { method: 'POST', body: new URLSearchParams(body) })

  test('report whatever status is asked for, so that Twilio’s own validator believes it', async () => {
    await post({ ...message, StatusCallback: callbackUrl }, { authorization: basic })
    const [{ sid } = { sid: '' }] = standIn.messages

    const answer = await ask(`/messages/${sid}/status`, { status: 'failed', errorCode: '30006' })

    expect(await answer.json()).toEqual({ answered: 204 })
    expect(reported[0]!.form).toMatchObject({
      MessageSid: sid,
      MessageStatus: 'failed',
      ErrorCode: '30006',
      To: '+15555550100',
    })
    const { signature, form } = reported[0]!
    expect(validateRequest(token, signature, callbackUrl, form)).toBe(true)
    expect(validateRequest('another', signature, callbackUrl, form)).toBe(false)
    expect((await listed())[0]!.status).toBe('failed')
  })

  test('report by themselves what they were started for, in this order', async () => {
    const reporter = await startTwilioStandIn({ reports: ['sent', 'delivered'] })
    try {
      const reportedTwice = once(listener, 'reported twice')
      await fetch(`${reporter.url}/2010-04-01/Accounts/ACtest/Messages.json`, {
        method: 'POST',
        headers: { authorization: basic },
        body: new URLSearchParams({ ...message, StatusCallback: callbackUrl }),
      })
      await reportedTwice
    } finally {
      await reporter.close()
    }

    expect(reported.map(({ form }) => form.MessageStatus)).toEqual(['sent', 'delivered'])
  })

  test('report only that a message was sent, where its delivery is to be chosen', async () => {
    const reporter = await startTwilioStandIn({ reports: ['sent', 'delivered'] })
    try {
      const events = await eventsOf(reporter.url)
      await events()
      const chosen = JSON.stringify({ next: 'on its way' })
      await fetch(`${reporter.url}/failure.json`, { method: 'PUT', body: chosen })
      await events()
      await fetch(`${reporter.url}/2010-04-01/Accounts/ACtest/Messages.json`, {
        method: 'POST',
        headers: { authorization: basic },
        body: new URLSearchParams({ ...message, StatusCallback: callbackUrl }),
      })
      const shown = [await events(), await events(), await events()]
      const [{ sid } = { sid: '' }] = reporter.messages
      await fetch(`${reporter.url}/messages/${sid}/status`, {
        method: 'POST',
        body: new URLSearchParams({ status: 'undelivered', errorCode: '30006' }),
      })

      expect(shown.at(-1)).toEqual({ event: 'status', data: { sid, status: 'sent' } })
      expect(await events()).toEqual({ event: 'status', data: { sid, status: 'undelivered' } })
      expect(reported.map(({ form }) => form.MessageStatus)).toEqual(['sent', 'undelivered'])
    } finally {
      await reporter.close()
    }
  })

  test('are chosen on the page, of a message that has them', async () => {
    await post({ ...message, StatusCallback: callbackUrl })
    await post(message)

    const { html } = await inboxHtml()

    expect(html.split('aria-label="Report the delivery to +15555550100"')).toHaveLength(2)
    expect(html).toContain('SMS from +15005550006: <span>queued</span>')
  })

  test('are not for a message that has none, nor for one that is not there', async () => {
    await post(message)
    const [{ sid } = { sid: '' }] = standIn.messages

    const without = await ask(`/messages/${sid}/status`, { status: 'sent' })
    const nobody = await ask('/messages/SM0/status', { status: 'sent' })

    expect([without.status, nobody.status]).toEqual([404, 404])
    expect(reported).toEqual([])
  })
})

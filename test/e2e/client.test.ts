// The client against the whole service, with a proxy between them that loses every fourth answer
// after the service has acted.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createClient, type OtpClient } from '../../lib/client/client.ts'
import { newestSms, service } from '../support/client.ts'
import { type Fault, startFaultProxy } from '../support/fault-proxy.ts'

let proxy: Awaited<ReturnType<typeof startFaultProxy>>
let otp: OtpClient
let requests = 0
let lost = 0

/** A quarter of all answers, whichever they are: by the steps of a generator modulo 101. */
function plan(): Fault {
  requests += 1
  if ((requests * requests * 37 + requests) % 101 >= 25) return 'pass'
  lost += 1
  const ways: Fault[] = ['lose answer', 'truncate answer', 'reset answer', 'applied, html 503']
  return ways[lost % ways.length] ?? 'pass'
}

beforeAll(async () => {
  proxy = await startFaultProxy(service.api, { plan })
  otp = createClient({ url: proxy.url, apiKey: service.key })
})

afterAll(() => proxy.close())

async function messagesTo(number: string): Promise<number> {
  const response = await fetch(`${service.inbox}/messages.json?to=${encodeURIComponent(number)}`)
  return ((await response.json()) as { messages: unknown[] }).messages.length
}

/** One login; what it was told, in order. */
async function logIn(n: number): Promise<string[]> {
  const userId = `lost-answers|${n}`
  const number = `+1415557${1000 + n}`
  const code = (result: { ok: boolean; code?: string }) => (result.ok ? 'ok' : `${result.code}`)
  const device = await otp.devices.create(userId, { number })
  if (!device.ok) return [code(device)]
  const challenged = await otp.challenge(userId, device.id)
  const sms = await messagesTo(number)
  const wrong = await otp.verify(userId, device.id, { token: 'wrong' })
  const failures = 'failureCount' in wrong ? wrong.failureCount : 0
  await otp.devices.reset(userId, device.id)
  const right = await otp.verify(userId, device.id, { token: await newestSms(number) })
  return [code(device), code(challenged), `${sms} SMS`, code(wrong), `${failures}`, code(right)]
}

it('under 25 % lost answers no SMS is sent twice, no failure counted twice, no right token called wrong', async () => {
  const told = await Promise.all(Array.from({ length: 24 }, (_, n) => logIn(n)))

  const answered = told.filter(one => !one.includes('no_answer'))
  expect(answered).toEqual(answered.map(() => ['ok', 'ok', '1 SMS', 'invalid_token', '1', 'ok']))
  // All four tries of a call are lost once in 256.
  expect(answered.length).toBeGreaterThan(18)
  expect(told.flat().filter(word => / SMS$/.test(word) && word !== '1 SMS')).toEqual([])
  expect(lost / requests).toBeGreaterThan(0.15)
})

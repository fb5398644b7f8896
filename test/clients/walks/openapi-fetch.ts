// The walk through the API with the types of openapi-typescript and the client openapi-fetch.
import createClient from 'openapi-fetch'
import type { paths } from './schema.js'

const { API = '', KEY = '', INBOX = '', NUMBER = '' } = process.env
const client = createClient<paths>({ baseUrl: API, headers: { authorization: `Bearer ${KEY}` } })
const userId = 'openapi-fetch|walk'
const said: string[] = []

const { data: device } = await client.POST('/users/{userId}/devices', {
  params: { path: { userId } },
  body: { number: NUMBER },
})
said.push(device ? 'created' : '?')
const params = { path: { userId, deviceId: device?.id ?? '' } }

async function send() {
  const { error } = await client.POST('/users/{userId}/devices/{deviceId}/challenge', { params })
  said.push(error ? String(error.code) : 'sent')
}
async function guess(token: string) {
  const path = '/users/{userId}/devices/{deviceId}/verify'
  const { error } = await client.POST(path, { params, body: { token } })
  // Narrowed by its code, a problem has its members.
  const isCounted = error?.code === 'invalid_token' && error.failureCount > 0
  said.push(error ? (isCounted ? 'invalid_token' : String(error.code)) : 'verified')
}

await send()
await guess('wrong')
await guess('wrong')
const { data } = await client.POST('/users/{userId}/devices/{deviceId}/reset', { params })
said.push(data ? 'reset' : '?')
const inbox = await fetch(`${INBOX}/messages.json?to=${encodeURIComponent(NUMBER)}`)
const token = ((await inbox.json()) as { messages: { body: string }[] }).messages[0]?.body ?? ''
await guess(token)
await guess(token)
await fetch(`${INBOX}/failure.json`, { method: 'PUT', body: '{"next":"refused"}' })
await send()
process.stdout.write(`${said.join(' ')}\n`)

// The walk through the API with the client that hey-api makes.

import { client } from './otp/client.gen.js'
import { challenge, createDevice, reset, verify } from './otp/index.js'

const { API = '', KEY = '', INBOX = '', NUMBER = '' } = process.env
client.setConfig({ baseUrl: API, auth: KEY })
const userId = 'hey-api|walk'
const said: string[] = []

const { data: device } = await createDevice({ path: { userId }, body: { number: NUMBER } })
said.push(device ? 'created' : '?')
const path = { userId, deviceId: device?.id ?? '' }

async function send() {
  const { error } = await challenge({ path })
  said.push(error ? String(error.code) : 'sent')
}
async function guess(token: string) {
  const { error } = await verify({ path, body: { token } })
  // Narrowed by its code, a problem has its members.
  const isCounted = error?.code === 'invalid_token' && error.failureCount > 0
  said.push(error ? (isCounted ? 'invalid_token' : String(error.code)) : 'verified')
}

await send()
await guess('wrong')
await guess('wrong')
said.push((await reset({ path })).data ? 'reset' : '?')
const inbox = await fetch(`${INBOX}/messages.json?to=${encodeURIComponent(NUMBER)}`)
const token = ((await inbox.json()) as { messages: { body: string }[] }).messages[0]?.body ?? ''
await guess(token)
await guess(token)
await fetch(`${INBOX}/failure.json`, { method: 'PUT', body: '{"next":"refused"}' })
await send()
process.stdout.write(`${said.join(' ')}\n`)

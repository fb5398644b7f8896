// A client of the running service, as a backend would be one.
import { inject } from 'vitest'
import { recordAnswer, recordSecret } from './record.ts'

/** Where the service is. */
export const service = inject('service')

interface Options {
  body?: unknown
  headers?: Record<string, string>
  /** Null sends no key. */
  key?: string | null
}

/** Calls the API; an object is sent as JSON, a string as it is. */
export async function call(method: string, path: string, options: Options = {}) {
  const { body, key = service.key } = options
  const { token, number } = Object(body)
  if (/^\d{6,8}$/.test(token)) recordSecret('token', token)
  if (/^\+\d{8,}$/.test(number)) recordSecret('number', number)
  recordSecret('key', service.key)
  const response = await fetch(service.api + path, {
    method,
    headers: {
      ...(key !== null && { authorization: `Bearer ${key}` }),
      ...(typeof body === 'object' && { 'content-type': 'application/json' }),
      ...options.headers,
    },
    ...(body !== undefined && {
      body: typeof body === 'object' ? JSON.stringify(body) : String(body),
    }),
  })
  const text = await response.text()
  const headers = Object.fromEntries(response.headers)
  recordAnswer({ status: response.status, headers, body: text })
  return { status: response.status, headers, body: text === '' ? null : JSON.parse(text) }
}

/** The newest SMS to a number. */
export async function newestSms(to: string): Promise<string> {
  const response = await fetch(`${service.inbox}/messages.json?to=${encodeURIComponent(to)}`)
  const { messages } = (await response.json()) as { messages: { body: string }[] }
  const body = messages[0]?.body ?? ''
  recordSecret('token', body)
  return body
}

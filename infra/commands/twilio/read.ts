// One call to Twilio that only reads. Nothing of an answer is told but its status and Twilio's
// error code.

/** As lib/settings/secrets.ts gives them. */
export interface TwilioCredentials {
  accountSid: string
  username: string
  password: string
}

/** What came back. */
export interface Answer {
  /** 0 when there was none, or none that can be read. */
  status: number
  body: Record<string, unknown>
  /** What goes after "Twilio". */
  words: string
}

/** Reads a resource of Twilio's. Never throws. */
export async function get(
  url: string,
  { username, password }: TwilioCredentials,
  { deadlineMs }: { deadlineMs: number },
): Promise<Answer> {
  const basic = Buffer.from(`${username}:${password}`).toString('base64')
  try {
    const response = await fetch(url, {
      headers: { authorization: `Basic ${basic}`, accept: 'application/json' },
      redirect: 'manual',
      signal: AbortSignal.timeout(deadlineMs),
    })
    const body = Object(await response.json().catch(unlessTimeout))
    const { status } = response
    if (status === 200 && Object.keys(body).length === 0) {
      return { status: 0, body, words: 'answers nothing that can be read' }
    }
    const code = Number.isInteger(body.code) ? `, code ${body.code}` : ''
    return { status, body, words: `answers ${status}${code}` }
  } catch (error) {
    return {
      status: 0,
      body: {},
      words: `does not answer (${reasonOf(error as Error, deadlineMs)})`,
    }
  }
}

function unlessTimeout(error: Error): null {
  if (error.name === 'TimeoutError') throw error
  return null
}

function reasonOf({ name, cause }: Error, deadlineMs: number): string {
  if (name === 'TimeoutError') return `within ${deadlineMs / 1000} s`
  return String(Object(cause).code ?? name)
}

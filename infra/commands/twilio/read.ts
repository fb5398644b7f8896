// One call to Twilio that only reads. Nothing of an answer is told but its status and Twilio's
// error code.
import { type Answer, readJson } from '../read.ts'

/** As lib/settings/secrets.ts gives them. */
export interface TwilioCredentials {
  accountSid: string
  username: string
  password: string
}

/** Reads a resource of Twilio's. Never throws. */
export async function get(
  url: string,
  { username, password }: TwilioCredentials,
  { deadlineMs }: { deadlineMs: number },
): Promise<Answer> {
  const basic = Buffer.from(`${username}:${password}`).toString('base64')
  const headers = { authorization: `Basic ${basic}` }
  const answer = await readJson(url, { headers, deadlineMs })
  const { code } = answer.body
  return Number.isInteger(code) ? { ...answer, words: `${answer.words}, code ${code}` } : answer
}

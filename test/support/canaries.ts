// Secrets that must not be found, and the search for them: in what is logged from here on, and in
// any text.
import { randomBytes, randomInt } from 'node:crypto'
import { vi } from 'vitest'
import { keptApiKeys } from './keys.ts'

/** Everything that was logged since `listen`: log lines, metrics, warnings. */
export const logged: string[] = []

/** Listens to all outputs of this process; environment.ts goes on recording. */
export function listen(): void {
  for (const stream of [process.stdout, process.stderr]) {
    const write = stream.write.bind(stream)
    stream.write = (chunk: string | Uint8Array) => {
      logged.push(String(chunk))
      return write(chunk)
    }
  }
  for (const method of ['log', 'info', 'warn', 'error', 'debug', 'trace'] as const) {
    vi.spyOn(console, method).mockImplementation((...given) => void logged.push(given.join(' ')))
  }
}

/** Credentials and keys, for the environment or SSM. */
export const credentials = {
  OTP_TWILIO_ACCOUNT: `AC${randomBytes(16).toString('hex')}`,
  OTP_TWILIO_API_KEY: `SK${randomBytes(16).toString('hex')}`,
  OTP_TWILIO_AUTH: `canary-auth-${randomBytes(8).toString('hex')}`,
}
/** What the SDK signs with. */
export const awsSecret = `canary-aws-${randomBytes(16).toString('hex')}`

/** A number that is nowhere else in the suite. */
export function canaryNumber(): string {
  return `+44770090${randomInt(10_000).toString().padStart(4, '0')}`
}

const { OTP_TWILIO_API_KEY, OTP_TWILIO_AUTH } = credentials
const always = [
  OTP_TWILIO_API_KEY,
  OTP_TWILIO_AUTH,
  Buffer.from(`${OTP_TWILIO_API_KEY}:${OTP_TWILIO_AUTH}`).toString('base64'),
  awsSecret,
  ...[...keptApiKeys.matchAll(/[\w-]{43}/g)].map(([hash]) => hash),
]

/** Device views show the number: that is what their owner asked for. */
const withoutNumberMembers = (text: string) => text.replaceAll(/\\?"number\\?":\\?"\+\d+\\?"/g, '')

/** The places of the secrets in a text; digits within a longer word are something else. */
export function foundIn(text: string, secrets: string[]): string[] {
  const searched = withoutNumberMembers(text)
  const words = new Set(searched.match(/[\w+-]+=*/g))
  return [...always, ...secrets].filter(secret =>
    /^\+?\d+$/.test(secret)
      ? words.has(secret) || words.has(secret.replace('+', ''))
      : searched.includes(secret),
  )
}

// django-otp-twilio's recorded behaviour, as two replays read it: test/fixtures/vectors-open.json.
import vectors from '../fixtures/vectors-open.json' with { type: 'json' }

/** The moment that the recording counts from. */
export const epoch = Date.UTC(2024, 0, 1)

/** A step, what it came to, and every device that it touched afterwards. */
export interface Step {
  op: string
  args: Record<string, string | number>
  /** Milliseconds since the epoch of the recording. */
  t: number
  result: unknown
  after: Record<string, Recorded>
}

/** A device in the words of the recording. */
export interface Recorded {
  throttling_failure_count: number
  throttling_failure_timestamp: number | null
  verify_is_allowed: { allowed: boolean; failure_count: number | null; locked_until: number | null }
  token_live: boolean
  valid_until: number
}

/** All steps of a case, and the settings that they were recorded with. */
export interface RecordedCase {
  id: number
  settings: { OTP_TWILIO_THROTTLE_FACTOR: number; OTP_TWILIO_TOKEN_VALIDITY: number }
  steps: Step[]
}

/** The cases. */
export const recordedCases = vectors.cases as unknown as RecordedCase[]

/** The tokens that were issued in a case, by device, and what a recorded kind of guess is. */
export function issuedTokens() {
  const issued = new Map<string, string[]>()
  const isIssued = (token: string) => [...issued.values()].flat().includes(token)
  const unissued = () => {
    let token = '000000'
    while (isIssued(token)) token = String(Number(token) + 1).padStart(6, '0')
    return token
  }
  return {
    isIssued,
    add(device: string, token: string): void {
      issued.set(device, [...(issued.get(device) ?? []), token])
    },
    guess(device: string, kind: string): string {
      const own = issued.get(device) ?? []
      const [other = ''] = [...issued]
        .filter(([name]) => name !== device)
        .map(([, all]) => all.at(-1))
      const tokens: Record<string, () => string> = {
        right: () => own.at(-1) ?? '',
        previous: () => own.at(-2) ?? '',
        other: () => other ?? '',
        'right-with-spaces': () => ` ${own.at(-1)}`,
        empty: () => '',
        wrong: unissued,
      }
      const find = tokens[kind]
      if (find === undefined) throw new Error(`unknown kind ${kind}`)
      return find()
    },
  }
}

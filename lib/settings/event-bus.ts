// OTP_EVENT_BUS: the event bus that audit events are put on, by its name or, in another account,
// its ARN; `off` is none.
import { type Environment, misconfigured, text } from './read.ts'

const busName = /^[\w./-]{1,256}$/
const busArn = /^arn:[\w-]+:events:[\w-]+:\d{12}:event-bus\/[\w./-]{1,256}$/

/**
 * Reads the name or the ARN of the event bus; null when no events are put. Throws `not_configured`.
 */
export function eventBus(env: Environment = process.env): string | null {
  const name = text(env, 'OTP_EVENT_BUS') ?? 'default'
  if (!busName.test(name) && !busArn.test(name)) {
    throw misconfigured('OTP_EVENT_BUS', 'the name or the ARN of an event bus, or off')
  }
  return name === 'off' ? null : name
}

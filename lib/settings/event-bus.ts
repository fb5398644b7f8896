// OTP_EVENT_BUS: the event bus that audit events are put on; `off` is none.
import { type Environment, misconfigured, text } from './read.ts'

/** Reads the name of the event bus; null when no events are put. Throws `not_configured`. */
export function eventBus(env: Environment = process.env): string | null {
  const name = text(env, 'OTP_EVENT_BUS') ?? 'default'
  if (!/^[\w./-]{1,256}$/.test(name)) {
    throw misconfigured('OTP_EVENT_BUS', 'the name of an event bus, or off')
  }
  return name === 'off' ? null : name
}

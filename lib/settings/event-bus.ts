// OTP_EVENT_BUS: the event bus that is told what happens to devices; `off` is none.
import { type Environment, misconfigured, text } from './read.ts'

/** The name of the event bus, or null where nothing is told. */
export function eventBus(env: Environment = process.env): string | null {
  const name = text(env, 'OTP_EVENT_BUS') ?? 'default'
  if (!/^[\w./-]{1,256}$/.test(name)) {
    throw misconfigured('OTP_EVENT_BUS', 'the name of an event bus, or off')
  }
  return name === 'off' ? null : name
}

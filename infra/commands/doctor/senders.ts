// The senders of a stage: the default one, those that only OTP_TWILIO_ROUTES names, and WhatsApp's.
import { maskNumber } from '../../../lib/device/mask.ts'
import { e164 } from '../../../lib/formats.ts'
import type { Sender } from '../twilio/account.ts'
import type { DeployedSettings } from './function.ts'

/** A sender that a stage sends from. */
export interface NamedSender {
  /** What its line is called. */
  what: string
  sender: Sender
  /** The setting that names it. */
  setting: string
}

/** The sender where no country has one of its own, or null where none is set. */
export function defaultSender({ routes, sender }: DeployedSettings): NamedSender | null {
  const what = 'Twilio sender'
  const routed = routes.byDefault.sender
  if (routed !== null) return { what, sender: routed, setting: settingOf('default', routed) }
  const setting =
    sender && 'from' in sender ? 'OTP_TWILIO_FROM' : 'OTP_TWILIO_MESSAGING_SERVICE_SID'
  return sender && { what, sender, setting }
}

/** The senders that countries have of their own, each once. */
export function routedSenders(settings: DeployedSettings): NamedSender[] {
  const usual = keyOf(defaultSender(settings)?.sender ?? null)
  const countriesOf = Map.groupBy(settings.routes.byCountry.keys(), country =>
    keyOf(settings.routes.byCountry.get(country)?.sender ?? null),
  )
  return [...countriesOf.values()].flatMap(countries => {
    const sender = settings.routes.byCountry.get(countries[0]!)?.sender ?? null
    if (sender === null || keyOf(sender) === usual) return []
    const what = `Twilio sender of ${countries.length > 3 ? `${countries.length} countries` : countries.join(', ')}`
    return [{ what, sender, setting: settingOf(countries[0]!, sender) }]
  })
}

/** Whether all that is sent from is a messaging service, which may have a WhatsApp sender. */
export function sendsByServices({ routes, sender }: DeployedSettings): boolean {
  return [routes.byDefault, ...routes.byCountry.values()].every(route => {
    const used = route.sender ?? sender
    return used !== null && 'messagingServiceSid' in used
  })
}

/** The numbers that calls come from, each once; none where calls are off. */
export function callers({ channels, callFrom, routes }: DeployedSettings): NamedCaller[] {
  if (!channels.includes('call')) return []
  const routed = [routes.byDefault, ...routes.byCountry.values()].flatMap(({ sender }) =>
    sender && 'from' in sender && e164.test(sender.from) ? [sender.from] : [],
  )
  const numbers = new Set([...(callFrom === null ? [] : [callFrom]), ...routed])
  return [...numbers].map(from => ({
    what: numbers.size === 1 ? 'Twilio caller' : `Twilio caller ${maskNumber(from)}`,
    from,
  }))
}

/** A number that a stage calls from. */
export interface NamedCaller {
  what: string
  from: string
}

function settingOf(route: string, sender: Sender): string {
  return `OTP_TWILIO_ROUTES.${route}.${'from' in sender ? 'from' : 'messagingServiceSid'}`
}

function keyOf(sender: Sender | null): string {
  return JSON.stringify(sender)
}

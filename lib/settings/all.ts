// Reads and checks every setting at once, for npm start, the doctor, the simulations and the tests.
// No function imports it, because it brings the phone-number metadata, which knows the countries.
import { isSupportedCountry } from 'libphonenumber-js/min'
import { e164 } from '../formats.ts'
import { breakerSettings } from './breaker.ts'
import { cognitoSettings } from './cognito.ts'
import {
  allowedCountries,
  checkRouteChannels,
  messageRoutes,
  type Route,
  reachedRoutes,
} from './countries.ts'
import { aNumberThatCalls, deliverySettings } from './delivery.ts'
import { deploymentSettings } from './deployment.ts'
import { defaultCountry, deviceSettings } from './device.ts'
import { deviceCaps } from './device-caps.ts'
import { eventBus } from './event-bus.ts'
import { limitSettings } from './limits.ts'
import { messageSettings } from './messages.ts'
import { allowedTypes } from './number-types.ts'
import { consoleIdleMinutes, shownPages } from './pages.ts'
import { messagePrices } from './prices.ts'
import { proofSettings } from './proof.ts'
import { type Environment, isDevelopment, misconfigured } from './read.ts'
import { signatureKey } from './signature-key.ts'
import { checkTableNames, secretsPath, stageName } from './stage.ts'
import { requiresChallengeId } from './throttle.ts'
import { timelineDays } from './timeline.ts'

/** Reads every setting. Throws `not_configured` for the first one that a function would refuse. */
export function readAllSettings(env: Environment) {
  const all = {
    ...deviceSettings(env),
    requiresChallengeId: requiresChallengeId(env),
    defaultCountry: defaultCountry(env),
    allowedCountries: allowedCountries(env),
    allowedTypes: allowedTypes(env),
    deviceCaps: deviceCaps(env),
    routes: messageRoutes(env),
    delivery: deliverySettings(env),
    message: messageSettings(env),
    limits: limitSettings(env),
    breaker: breakerSettings(env),
    prices: messagePrices(env),
    eventBus: eventBus(env),
    timelineDays: timelineDays(env),
    proof: proofSettings(env),
    cognito: cognitoSettings(env),
    publicPages: shownPages(env),
    consoleIdleMinutes: consoleIdleMinutes(env),
    signatureKey: signatureKey(env),
    stage: stageName(env),
    secretsPath: secretsPath(env),
    deployment: deploymentSettings(env),
  }
  checkTableNames(env)
  checkRouteChannels(all.routes, all.channels)
  for (const [name, countries] of Object.entries(countriesOf(all))) {
    for (const country of countries) checkCountry(name, country)
  }
  checkSender(env, all)
  checkCaller(env, all)
  return all
}

/** All settings, as they were read. */
export type AllSettings = ReturnType<typeof readAllSettings>

/** Returns the countries that settings name, by setting. */
function countriesOf({
  defaultCountry,
  allowedCountries,
  routes,
  prices,
  breaker,
}: AllSettings): Record<string, Iterable<string>> {
  return {
    OTP_TWILIO_DEFAULT_COUNTRY: defaultCountry === null ? [] : [defaultCountry],
    OTP_TWILIO_ALLOWED_COUNTRIES: allowedCountries ?? [],
    OTP_TWILIO_ROUTES: routes.byCountry.keys(),
    OTP_TWILIO_PRICES: [...prices.keys()].filter(country => country !== '*'),
    OTP_TWILIO_ALWAYS_ALLOW: breaker.alwaysAllow.filter(entry => !entry.startsWith('+')),
  }
}

/** Without a sender no SMS is sent: where that is no exercise, it is a mistake. */
function checkSender(
  env: Environment,
  { stage, channels, delivery, routes, allowedCountries }: AllSettings,
) {
  if (stage === null || isDevelopment(env)) return
  if (delivery.sender !== null || !channels.includes('sms')) return
  if (reachedRoutes(routes, allowedCountries).every(({ sender }) => sender !== null)) return
  const expected = 'set, or OTP_TWILIO_FROM: messages need a sender'
  throw misconfigured('OTP_TWILIO_MESSAGING_SERVICE_SID', expected)
}

/** A call comes from a number: OTP_TWILIO_FROM, or the one of the country's route. */
function checkCaller(
  env: Environment,
  { stage, channels, delivery, routes, allowedCountries }: AllSettings,
) {
  if (!channels.includes('call') || delivery.callFrom !== null) return
  const isUnset = delivery.sender === null || 'messagingServiceSid' in delivery.sender
  if (isUnset && (stage === null || isDevelopment(env))) return
  if (reachedRoutes(routes, allowedCountries).every(callsByItself)) return
  throw misconfigured('OTP_TWILIO_FROM', aNumberThatCalls)
}

function callsByItself({ sender }: Route): boolean {
  return sender !== null && 'from' in sender && e164.test(sender.from)
}

/** Common mistakes for a country code, with the code that is meant. */
const mistaken: Readonly<Record<string, string>> = { UK: 'GB', EL: 'GR' }

const codes = 'in ISO 3166-1 country codes, such as FR'

function checkCountry(name: string, country: string): void {
  if (isSupportedCountry(country)) return
  const upper = country.toUpperCase()
  const meant = mistaken[upper] ?? (isSupportedCountry(upper) ? upper : null)
  throw misconfigured(name, meant === null ? codes : `${codes}; did you mean ${meant}?`)
}

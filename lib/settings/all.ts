// Every setting, read and checked at once: what npm start, the doctor, the simulations and the tests ask. No function
// imports it: it brings the metadata of phone numbers, which knows the countries.
import { isSupportedCountry } from 'libphonenumber-js/min'
import { breakerSettings } from './breaker.ts'
import { allowedCountries, checkRouteChannels, messageRoutes } from './countries.ts'
import { deliverySettings } from './delivery.ts'
import { defaultCountry, deviceSettings } from './device.ts'
import { eventBus } from './event-bus.ts'
import { limitSettings } from './limits.ts'
import { messageSettings } from './messages.ts'
import { messagePrices } from './prices.ts'
import { type Environment, misconfigured } from './read.ts'
import { checkTableNames, secretsPath, stageName } from './stage.ts'

/** Reads every setting. Throws `not_configured` for the first that a function would not understand. */
export function readAllSettings(env: Environment) {
  const all = {
    ...deviceSettings(env),
    defaultCountry: defaultCountry(env),
    allowedCountries: allowedCountries(env),
    routes: messageRoutes(env),
    delivery: deliverySettings(env),
    message: messageSettings(env),
    limits: limitSettings(env),
    breaker: breakerSettings(env),
    prices: messagePrices(env),
    eventBus: eventBus(env),
    stage: stageName(env),
    secretsPath: secretsPath(env),
  }
  checkTableNames(env)
  checkRouteChannels(all.routes, all.channels)
  for (const [name, countries] of Object.entries(countriesOf(all))) {
    for (const country of countries) checkCountry(name, country)
  }
  return all
}

/** All settings. */
export type AllSettings = ReturnType<typeof readAllSettings>

/** The countries that settings name, by setting. */
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

/** What people write for a country whose code is another. */
const mistaken: Readonly<Record<string, string>> = { UK: 'GB', EL: 'GR' }

const codes = 'in ISO 3166-1 country codes, such as FR'

function checkCountry(name: string, country: string): void {
  if (isSupportedCountry(country)) return
  const upper = country.toUpperCase()
  const meant = mistaken[upper] ?? (isSupportedCountry(upper) ? upper : null)
  throw misconfigured(name, meant === null ? codes : `${codes}; did you mean ${meant}?`)
}

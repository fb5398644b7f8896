// Which countries messages may go to, and how: OTP_TWILIO_ALLOWED_COUNTRIES and
// OTP_TWILIO_ROUTES, by the country of the number. Both are read strictly. A fault is named by
// its member, never by its value.
import { countryForm } from '../formats.ts'
import { parseJson } from '../json.ts'
import { Problem } from '../problem.ts'
import { type Channel, channels } from './channels.ts'
import { senderId, serviceSid } from './delivery.ts'
import { type Environment, inWords, misconfigured, text } from './read.ts'
import { isTemplate } from './template.ts'

/** What OTP_TWILIO_ALLOWED_COUNTRIES must be. */
export const countryCodes = 'ISO 3166-1 country codes, such as GB, separated by commas'

/**
 * Reads the countries that may be sent to (ISO 3166-1 alpha-2); null is all.
 * Throws `not_configured`.
 */
export function allowedCountries(env: Environment = process.env): string[] | null {
  const name = 'OTP_TWILIO_ALLOWED_COUNTRIES'
  const value = text(env, name)
  if (value === null) return null
  const countries = value.split(',').map(country => country.trim())
  if (countries.every(country => countryForm.test(country))) return [...new Set(countries)]
  throw misconfigured(name, countryCodes)
}

/** Whether a number's country may be sent to. With a list, an unknown country may not. */
export function countryIsAllowed(country: string, allowed: string[] | null): boolean {
  return allowed === null || allowed.includes(country)
}

/** 422: OTP_TWILIO_ALLOWED_COUNTRIES lacks the number's country. */
export function countryNotAllowed(): Problem {
  return new Problem(
    'country_not_allowed',
    'Numbers of this country are not allowed here; ask for another number.',
  )
}

/** How messages to one country are sent. A null member takes the setting of the deployment. */
export interface Route {
  sender: { messagingServiceSid: string } | { from: string } | null
  template: string | null
  channel: Channel
}

/** Routes by country, and the route of all other countries. */
export interface Routes {
  byCountry: Map<string, Route>
  byDefault: Route
}

const plainRoute: Route = { sender: null, template: null, channel: 'sms' }
const setting = 'OTP_TWILIO_ROUTES'

/** Reads the routes: a JSON object by country or `default`. Throws `not_configured`. */
export function messageRoutes(env: Environment = process.env): Routes {
  const value = text(env, setting)
  if (value === null) return { byCountry: new Map(), byDefault: plainRoute }
  const { default: byDefault, ...given } = objectOf(parseJson(value), setting)
  if (!Object.keys(given).every(country => countryForm.test(country))) {
    throw misconfigured(setting, 'an object whose members are countries, such as GB, or default')
  }
  const base = byDefault === undefined ? plainRoute : readRoute('default', byDefault, plainRoute)
  const routes = Object.entries(given).map(
    ([country, route]) => [country, readRoute(country, route, base)] as const,
  )
  return { byCountry: new Map(routes), byDefault: base }
}

/** Returns the route of a country. */
export function routeTo(country: string, { byCountry, byDefault }: Routes): Route {
  return byCountry.get(country) ?? byDefault
}

/** Returns the routes that a message may take; `allowed` are its countries, null allows all. */
export function reachedRoutes(routes: Routes, allowed: string[] | null): Route[] {
  if (allowed === null) return [routes.byDefault, ...routes.byCountry.values()]
  return allowed.map(country => routeTo(country, routes))
}

/** Throws `not_configured` when a route has a channel that is not enabled. */
export function checkRouteChannels(
  { byCountry, byDefault }: Routes,
  enabled: readonly Channel[],
): void {
  for (const [name, { channel }] of [['default', byDefault] as const, ...byCountry]) {
    // Where no route names a channel, a request without one is refused, and not the settings.
    const isUnsaid = channel === 'sms' && byDefault.channel === 'sms'
    if (isUnsaid || enabled.includes(channel)) continue
    throw misconfigured(`${setting}.${name}.channel`, 'a channel of OTP_TWILIO_CHANNELS')
  }
}

const members = ['messagingServiceSid', 'from', 'template', 'channel']

/** Reads one route. What it leaves out is taken from the default route. */
function readRoute(name: string, value: unknown, base: Route): Route {
  const place = `${setting}.${name}`
  const given = objectOf(value, place)
  if (!Object.keys(given).every(member => members.includes(member))) {
    throw misconfigured(place, `an object with no other members than ${members.join(', ')}`)
  }
  const { messagingServiceSid, from, template, channel } = given
  if (messagingServiceSid !== undefined && from !== undefined) {
    throw misconfigured(place, 'an object with messagingServiceSid or from, not both')
  }
  const sid = textOf(messagingServiceSid, `${place}.messagingServiceSid`, serviceSid)
  const sender = textOf(from, `${place}.from`, senderId)
  const shown = textOf(template, `${place}.template`, aTemplate)
  return {
    sender:
      sid !== null
        ? { messagingServiceSid: sid }
        : sender !== null
          ? { from: sender }
          : base.sender,
    template: shown ?? base.template,
    channel: channel === undefined ? base.channel : channelOf(channel, `${place}.channel`),
  }
}

const aTemplate = {
  form: { test: isTemplate },
  expected: 'text in which every brace is {token}, {{ or }}',
}

interface Form {
  form: { test: (value: string) => boolean }
  expected: string
}

function textOf(value: unknown, place: string, { form, expected }: Form): string | null {
  if (value === undefined) return null
  if (typeof value === 'string' && value.trim() !== '' && form.test(value)) return value
  throw misconfigured(place, expected)
}

function channelOf(value: unknown, place: string): Route['channel'] {
  const channel = channels.find(known => known === value)
  if (channel !== undefined) return channel
  throw misconfigured(place, inWords(channels))
}

function objectOf(value: unknown, place: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>
  }
  throw misconfigured(place, 'a JSON object')
}

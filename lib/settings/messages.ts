// The settings of a message: wording, autofill, WhatsApp, and where Twilio reports
// delivery statuses.
import { e164 } from '../formats.ts'
import { parseJson } from '../json.ts'
import { shippedTemplates } from './languages.ts'
import { type Environment, httpsUrl, matching, misconfigured, text } from './read.ts'
import { isTemplate, showsToken } from './template.ts'

/** The settings of a message. */
export interface MessageSettings {
  /** URL of this API, without a trailing slash; null asks Twilio for no callbacks. */
  publicUrl: string | null
  /** The E.164 number that WhatsApp messages come from; null takes the messaging service. */
  whatsappFrom: string | null
  /** The approved WhatsApp template, whose variable 1 is the token; null sends the text. */
  whatsappContentSid: string | null
  /** The host of `@host #token`; phones fill in the token on this website alone. */
  origin: string | null
  /** Signature of the app that Android passes the message to. */
  androidHash: string | null
  /** Templates by language; null takes OTP_TWILIO_TOKEN_TEMPLATE for every reader. */
  templates: Readonly<Record<string, string>> | null
  /** The languages whose text is the deployment's own, and not a shipped one. */
  ownLanguages: readonly string[]
}

/** Reads the settings of a message. Throws `not_configured`. */
export function messageSettings(env: Environment = process.env): MessageSettings {
  const own = ownTemplates(env)
  return {
    publicUrl: publicUrl(env),
    whatsappFrom: matching(env, 'OTP_TWILIO_WHATSAPP_FROM', {
      form: e164,
      expected: 'a number in E.164',
    }),
    whatsappContentSid: matching(env, 'OTP_TWILIO_WHATSAPP_CONTENT_SID', {
      form: /^HX\w{1,64}$/,
      expected: 'the SID of a content template, which starts with HX',
    }),
    origin: matching(env, 'OTP_TWILIO_ORIGIN', {
      form: host,
      expected: 'a host name such as example.com',
    }),
    androidHash: matching(env, 'OTP_TWILIO_ANDROID_HASH', {
      form: /^[A-Za-z0-9+/]{11}$/,
      expected: 'the 11 characters of your app’s signature',
    }),
    templates: own && { ...shippedTemplates, ...own },
    ownLanguages: Object.keys(own ?? {}),
  }
}

const host =
  /^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/

function publicUrl(env: Environment): string | null {
  return httpsUrl(env, 'OTP_PUBLIC_URL')?.replace(/\/+$/, '') ?? null
}

function ownTemplates(env: Environment): Record<string, string> | null {
  const value = text(env, 'OTP_TWILIO_TOKEN_TEMPLATES')
  if (value === null) return null
  const templates = parseJson(value)
  const isGood = ([language, template]: [string, unknown]) =>
    /^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/.test(language) &&
    typeof template === 'string' &&
    isTemplate(template) &&
    showsToken(template)
  const isObject = templates instanceof Object && !Array.isArray(templates)
  if (isObject && Object.entries(templates).every(isGood))
    return templates as Record<string, string>
  throw misconfigured(
    'OTP_TWILIO_TOKEN_TEMPLATES',
    'a JSON object of languages and texts, each with {token}, such as {"de": "{token} ist Ihr Code."}',
  )
}

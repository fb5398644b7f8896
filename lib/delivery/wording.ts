// The text of a message: in the reader's language, with the lines from which phones fill in the
// token, and as the speech of a call. A pure rule.
import type { Routes } from '../settings/countries.ts'
import { chooseLanguage, type Reader, spokenTemplates, voiceOf } from '../settings/languages.ts'
import type { MessageSettings } from '../settings/messages.ts'
import { renderTemplate } from '../settings/template.ts'
import { countSegments } from './segments.ts'

/** The settings that the text depends on. */
export type Wording = Pick<
  MessageSettings,
  'origin' | 'androidHash' | 'templates' | 'ownLanguages'
> & {
  /** OTP_TWILIO_TOKEN_TEMPLATE. */
  tokenTemplate: string
  /** The template of a route, which replaces all others. */
  spokenTemplate?: string
}

/** Renders the text for a reader, without the lines for machines. */
export function textFor(reader: Reader, token: string, settings: Wording): string {
  const { templates, tokenTemplate } = settings
  const language = templates && chooseLanguage(reader, Object.keys(templates))
  return renderTemplate((language && templates?.[language]) ?? tokenTemplate, token)
}

/**
 * Renders the SMS for a reader, with the lines that iOS (github.com/WICG/sms-one-time-codes)
 * and Android look for.
 */
export function smsFor(reader: Reader, token: string, settings: Wording): string {
  return withAutofill(textFor(reader, token, settings), token, settings)
}

/** The line of the origin has to be the last one. */
function withAutofill(text: string, token: string, { androidHash, origin }: Wording): string {
  const lines = [androidHash, origin && `@${origin} #${token}`].filter(line => line !== null)
  return lines.length === 0 ? text : [text, '', ...lines].join('\n')
}

/** Renders what a call says, as TwiML: twice, digit by digit. */
export function twimlFor(reader: Reader, token: string, settings: Wording): string {
  const own = Object.fromEntries(
    settings.ownLanguages.map(language => [language, settings.templates?.[language] ?? '']),
  )
  const spoken = { ...spokenTemplates, ...own }
  // What Twilio cannot say is said in the next language that the reader may know.
  const sayable = Object.keys(spoken).filter(name => voiceOf(name, reader) !== null)
  const language = chooseLanguage(reader, sayable) ?? 'en'
  const words = renderTemplate(
    settings.spokenTemplate ?? spoken[language] ?? '',
    [...token].join(', '),
  )
  const voice = escapeXml(voiceOf(language, reader) ?? 'en-US')
  const say = `<Say language="${voice}">${escapeXml(words)}</Say>`
  return `<?xml version="1.0" encoding="UTF-8"?><Response>${say}<Pause length="1"/>${say}</Response>`
}

function escapeXml(raw: string): string {
  return raw.replace(/[&<>"']/g, character => `&#${character.charCodeAt(0)};`)
}

/**
 * Returns the settings whose SMS takes more than one segment, and how many it takes. A template
 * that no country uses is left out.
 */
export function longMessages(
  settings: Wording,
  routes: Routes,
  tokenLength: number,
): { setting: string; segments: number }[] {
  const token = '0'.repeat(tokenLength)
  return [...templatesOf(settings, routes)]
    .map(([setting, template]) => ({
      setting,
      segments: countSegments(withAutofill(renderTemplate(template, token), token, settings)),
    }))
    .filter(({ segments }) => segments > 1)
}

/** Returns the templates with the settings that they come from. Those of routes take precedence. */
function templatesOf(settings: Wording, { byDefault, byCountry }: Routes): [string, string][] {
  const routed = [...byCountry].flatMap(([country, { template }]): [string, string][] =>
    template === null || template === byDefault.template
      ? []
      : [[`OTP_TWILIO_ROUTES.${country}.template`, template]],
  )
  if (byDefault.template !== null) {
    return [['OTP_TWILIO_ROUTES.default.template', byDefault.template], ...routed]
  }
  const own: [string, string][] = settings.templates
    ? Object.entries(settings.templates).map(([language, template]) => [
        `OTP_TWILIO_TOKEN_TEMPLATES.${language}`,
        template,
      ])
    : [['OTP_TWILIO_TOKEN_TEMPLATE', settings.tokenTemplate]]
  return [...own, ...routed]
}

// What a message says: the text of the reader's language, the lines by which phones fill the token in, and the words
// of a call. A pure rule.
import { chooseLanguage, type Reader, spokenTemplates, voiceOf } from '../settings/languages.ts'
import type { MessageSettings } from '../settings/messages.ts'
import { renderTemplate } from '../settings/template.ts'
import { countSegments } from './segments.ts'

/** What wording needs of the settings. */
export type Wording = Pick<
  MessageSettings,
  'origin' | 'androidHash' | 'templates' | 'ownLanguages'
> & {
  /** OTP_TWILIO_TOKEN_TEMPLATE */
  tokenTemplate: string
  /** A route's, in the place of all others. */
  spokenTemplate?: string
}

/** The text for a reader, without anything for machines. */
export function textFor(reader: Reader, token: string, settings: Wording): string {
  const { templates, tokenTemplate } = settings
  const language = templates && chooseLanguage(reader, Object.keys(templates))
  return renderTemplate((language && templates?.[language]) ?? tokenTemplate, token)
}

/** The SMS for a reader: with the lines that iOS (github.com/WICG/sms-one-time-codes) and Android look for. */
export function smsFor(reader: Reader, token: string, settings: Wording): string {
  return withAutofill(textFor(reader, token, settings), token, settings)
}

/** The origin's line has to be the last one. */
function withAutofill(text: string, token: string, { androidHash, origin }: Wording): string {
  const lines = [androidHash, origin && `@${origin} #${token}`].filter(line => line !== null)
  return lines.length === 0 ? text : [text, '', ...lines].join('\n')
}

/** What a call says, twice, digit by digit, in the words of TwiML. */
export function twimlFor(reader: Reader, token: string, settings: Wording): string {
  const own = Object.fromEntries(
    settings.ownLanguages.map(language => [language, settings.templates?.[language] ?? '']),
  )
  const spoken = { ...spokenTemplates, ...own }
  const language = chooseLanguage(reader, Object.keys(spoken)) ?? 'en'
  const words = renderTemplate(
    settings.spokenTemplate ?? spoken[language] ?? '',
    [...token].join(', '),
  )
  const voice = escapeXml(voiceOf(language, reader))
  const say = `<Say language="${voice}">${escapeXml(words)}</Say>`
  return `<?xml version="1.0" encoding="UTF-8"?><Response>${say}<Pause length="1"/>${say}</Response>`
}

function escapeXml(raw: string): string {
  return raw.replace(/[&<>"']/g, character => `&#${character.charCodeAt(0)};`)
}

/** The settings whose SMS takes more than one segment, with how many. */
export function longMessages(
  settings: Wording,
  tokenLength: number,
): { setting: string; segments: number }[] {
  const token = '0'.repeat(tokenLength)
  const templates = settings.templates ?? { '': settings.tokenTemplate }
  return Object.entries(templates)
    .map(([language, template]) => ({
      setting:
        language === '' ? 'OTP_TWILIO_TOKEN_TEMPLATE' : `OTP_TWILIO_TOKEN_TEMPLATES.${language}`,
      segments: countSegments(withAutofill(renderTemplate(template, token), token, settings)),
    }))
    .filter(({ segments }) => segments > 1)
}

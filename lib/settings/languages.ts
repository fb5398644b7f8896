// The language of a text or a call: the caller's locale (BCP 47), else the main language of the
// number's calling code, else English. A pure rule that always answers.
import { nearestTo } from './locale.ts'

/**
 * The shipped texts. They use only GSM-7 letters, so that each is one segment with the
 * lines for autofill.
 */
export const shippedTemplates: Readonly<Record<string, string>> = {
  en: '{token} is your code. Never share it.',
  de: '{token} ist Ihr Code. Geben Sie ihn niemandem weiter.',
  es: '{token} es su clave. No la comparta con nadie.',
  fr: '{token} est votre code. Ne le communiquez à personne.',
  pt: '{token} é a sua senha. Nunca a revele a ninguém.',
}

/** What a call says, where the deployment has no template of its own for the language. */
export const spokenTemplates: Readonly<Record<string, string>> = {
  en: 'Your code is {token}.',
  de: 'Ihr Code lautet {token}.',
  es: 'Su clave es {token}.',
  fr: 'Votre code est {token}.',
  pt: 'A sua senha é {token}.',
}

/** Calling codes by language. No code of ITU-T E.164 is the start of another one. */
const callingCodes: Readonly<Record<string, string>> = {
  de: '49 43 41 423',
  es: '34 51 52 53 54 56 57 58 502 503 504 505 506 507 591 593 595 598 240 1809 1829 1849 1787 1939',
  fr: '33 32 352 377 262 590 594 596 687 689 221 223 224 225 226 227 228 229 235 236 237 241 242 243',
  pt: '351 55 238 239 244 245 258 670',
}

const languageByCode = new Map(
  Object.entries(callingCodes).flatMap(([language, codes]) =>
    codes.split(' ').map(code => [code, language] as const),
  ),
)

/** Returns the language of a number (E.164) by its calling code. */
function languageOfNumber(number: string): string {
  for (const length of [4, 3, 2]) {
    const language = languageByCode.get(number.slice(1, 1 + length))
    if (language !== undefined) return language
  }
  return 'en'
}

/** The reader of a text. `locale` is as the caller wrote it, or null. */
export interface Reader {
  locale: string | null
  /** E.164. */
  number: string
}

/** Chooses the best of the available languages, as it is spelled there, or null. */
export function chooseLanguage(
  { locale, number }: Reader,
  available: readonly string[],
): string | null {
  for (const wanted of [locale ?? '', languageOfNumber(number), 'en']) {
    const found = nearestTo(wanted, available)
    if (found !== null) return found
  }
  return null
}

/** What Twilio's <Say> speaks: its package's type SayLanguage, against which a test holds it. */
export const saidLanguages: readonly string[] = `
  af-ZA am-ET ar-AE ar-XA arb bg-BG bn-IN ca-ES cmn-CN cmn-TW cs-CZ cy-GB da-DK de-AT de-DE
  el-GR en-AU en-CA en-GB en-GB-WLS en-IE en-IN en-NZ en-US en-ZA es-ES es-MX es-US fi-FI
  fil-PH fr-CA fr-FR fr-BE gu-IN he-IL hi-IN hu-HU id-ID is-IS it-IT ja-JP kn-IN ko-KR lv-LV
  ml-IN mr-IN ms-MY nb-NO nl-BE nl-NL pa-IN pl-PL pt-BR pt-PT ro-RO ru-RU sk-SK sr-RS sv-SE
  ta-IN te-IN th-TH tr-TR uk-UA vi-VN yue-HK zh-CN zh-HK zh-TW
`
  .trim()
  .split(/\s+/)

/**
 * Returns the language of Twilio's <Say> for a text (twilio.com/docs/voice/twiml/say): where the
 * text is of no region, that of the reader. Null for what Twilio cannot say.
 */
export function voiceOf(language: string, { locale, number }: Reader): string | null {
  const said = nearestTo(language, saidLanguages, 'the same letters')
  if (said === null || language.includes('-')) return said
  const own = /[-_]/.test(locale ?? '')
    ? nearestTo(locale ?? '', saidLanguages, 'the same letters')
    : null
  if (own !== null && nearestTo(own, [language], 'the same letters') !== null) return own
  // The shipped text is Portugal's, and Brazil's is the likely one.
  return language === 'pt' && !number.startsWith('+55') ? 'pt-PT' : said
}

// In which language somebody is written to and spoken to: the caller's word (BCP 47), else what is spoken in most
// places of the number's calling code, else English. A pure rule that always answers.

/** The shipped texts; all of GSM-7's letters, so that each is one segment with the lines for autofill. */
export const shippedTemplates: Readonly<Record<string, string>> = {
  en: '{token} is your code. Never share it.',
  de: '{token} ist Ihr Code. Geben Sie ihn niemandem weiter.',
  es: '{token} es su clave. No la comparta con nadie.',
  fr: '{token} est votre code. Ne le communiquez à personne.',
  pt: '{token} é a sua senha. Nunca a revele a ninguém.',
}

/** What a call says, where no template of the deployment's own is for the language. */
export const spokenTemplates: Readonly<Record<string, string>> = {
  en: 'Your code is {token}.',
  de: 'Ihr Code lautet {token}.',
  es: 'Su clave es {token}.',
  fr: 'Votre code est {token}.',
  pt: 'A sua senha é {token}.',
}

/** Calling codes by language; the codes of ITU-T E.164 start one another nowhere. */
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

/** The language of a number (E.164), by its calling code. */
function languageOfNumber(number: string): string {
  for (const length of [4, 3, 2]) {
    const language = languageByCode.get(number.slice(1, 1 + length))
    if (language !== undefined) return language
  }
  return 'en'
}

/** Whom a text is for: `locale` is as the caller wrote it, or null. */
export interface Reader {
  locale: string | null
  /** E.164. */
  number: string
}

/** The best of the available languages (as they are spelled there), or null. */
export function chooseLanguage(
  { locale, number }: Reader,
  available: readonly string[],
): string | null {
  const wanted = [...prefixesOf(locale ?? ''), languageOfNumber(number), 'en']
  for (const language of wanted) {
    const found = available.find(name => name.toLowerCase() === language.toLowerCase())
    if (found !== undefined) return found
  }
  return null
}

/** `de-AT` is tried as itself, then as `de`; some write `de_AT`. */
function prefixesOf(locale: string): string[] {
  const parts = locale.trim().replaceAll('_', '-').split('-')
  return parts.map((_, n) => parts.slice(0, parts.length - n).join('-'))
}

const spokenBy: Readonly<Record<string, string>> = {
  en: 'en-US',
  pt: 'pt-PT',
  sv: 'sv-SE',
  da: 'da-DK',
}
const regional = ['en-GB', 'en-AU', 'en-IN', 'es-MX', 'es-US', 'fr-CA', 'pt-BR']

/** The language that Twilio's <Say> is told for a text (twilio.com/docs/voice/twiml/say). */
export function voiceOf(language: string, { locale, number }: Reader): string {
  if (language.includes('-')) return language
  const wanted = prefixesOf(locale ?? '')[0]?.toLowerCase()
  const byLocale = regional.find(name => name.toLowerCase() === wanted)
  if (byLocale?.startsWith(language)) return byLocale
  if (language === 'pt' && number.startsWith('+55')) return 'pt-BR'
  return spokenBy[language] ?? `${language}-${language.toUpperCase()}`
}

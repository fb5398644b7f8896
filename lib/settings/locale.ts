// Which of a few languages is nearest to a locale (BCP 47): by CLDR's aliases and likely subtags,
// as Node brings them. iw is he, and zh-TW is written in other letters than zh.

interface Known {
  /** As it is spelled where it comes from. */
  name: string
  /** Canonical, without extensions. */
  tag: string
  language: string
  script: string
  region: string
  /** Whether the region was named, and is not only the likely one. */
  isRegional: boolean
}

/**
 * Returns the nearest of the available languages, as it is spelled there: the very one; of the same
 * region; of no region; of the likely one; of another one; in other letters, where `letters` allows
 * it. Null where none is of the same language.
 */
export function nearestTo(
  locale: string,
  available: readonly string[],
  letters: 'any letters' | 'the same letters' = 'any letters',
): string | null {
  const wanted = readLocale(locale)
  if (wanted === null) return null
  const known = available
    .map(name => readLocale(name))
    .filter(one => one !== null && one.language === wanted.language) as Known[]
  const written = known.filter(({ script }) => script === wanted.script)
  const found =
    known.find(({ name }) => name.toLowerCase() === locale.trim().toLowerCase()) ??
    known.find(({ tag }) => tag === wanted.tag) ??
    written.find(({ region }) => region === wanted.region) ??
    written.find(({ isRegional }) => !isRegional) ??
    written.find(({ region }) => region === likelyRegion(wanted)) ??
    written[0] ??
    (letters === 'any letters' ? (known.find(({ isRegional }) => !isRegional) ?? known[0]) : null)
  return found?.name ?? null
}

function likelyRegion({ language, script }: Known): string | undefined {
  return new Intl.Locale(language, { script }).maximize().region
}

/** Reads as much of a locale as is one: some callers write `de_AT.UTF-8`. */
function readLocale(name: string): Known | null {
  const parts = name.trim().replaceAll('_', '-').split('-')
  for (let length = parts.length; length > 0; length--) {
    const known = readTag(name, parts.slice(0, length).join('-'))
    if (known !== null) return known
  }
  return null
}

function readTag(name: string, text: string): Known | null {
  try {
    const locale = new Intl.Locale(text)
    const { language, script = '', region = '' } = locale.maximize()
    const isRegional = locale.region !== undefined
    return { name, tag: locale.baseName, language: plainly(language), script, region, isRegional }
  } catch {
    return null
  }
}

/** Bokmål is what no means; CLDR has no alias for it. */
function plainly(language: string): string {
  return language === 'nb' ? 'no' : language
}

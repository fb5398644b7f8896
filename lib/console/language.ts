// The language of the console: the browser's until the operator switches it. The choice is
// kept in this browser.
import { createContext } from 'preact'
import { useContext, useEffect, useState } from 'preact/hooks'
import { serverNow } from './clock.ts'
import { formatExactly, formatMoment } from './format.ts'
import { de } from './strings/de.ts'
import { en, type Strings } from './strings/en.ts'

const languages: Record<string, Strings> = { en, de }
const remembered = 'console-language'

/** The strings of the current language. */
export const Language = createContext<Strings>(en)

/** Returns the strings, and the formats of times. */
export function useLanguage() {
  const strings = useContext(Language)
  return {
    strings,
    moment: (at: string) => formatMoment(at, serverNow(), locale(strings)),
    exactly: (at: string) => formatExactly(at, locale(strings)),
    locale: locale(strings),
  }
}

/** Returns the strings, and a function that switches the language. */
export function useLanguageSwitch(): [Strings, () => void] {
  const [strings, setStrings] = useState(firstLanguage)
  useEffect(() => {
    document.documentElement.lang = strings.language
  }, [strings])
  const toggle = () => {
    const { code } = strings.otherLanguage
    localStorage.setItem(remembered, code)
    setStrings(languages[code] ?? en)
  }
  return [strings, toggle]
}

function firstLanguage(): Strings {
  const code = localStorage.getItem(remembered) ?? navigator.language.slice(0, 2)
  return languages[code] ?? en
}

/** The browser's own variant of the language, such as en-GB, where it is that language. */
function locale({ language }: Strings): string {
  return navigator.language.startsWith(language) ? navigator.language : language
}

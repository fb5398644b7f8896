// What people type and paste, as they mean it. Phones put marks of direction and spaces of their
// own around what they copy, and keyboards have the digits of many scripts. All of it is told by
// its Unicode class: a list would end with the phones that it was made on.

/** What nobody sees: format characters, variation selectors, and all that may be left unshown. */
const invisible = /[\p{Cf}\p{DI}]/gu

/** Spaces and breaks of any kind: those of other languages than this one, and of Braille, too. */
const spaces = /* @__PURE__ */ String.raw`\s\p{Z}\x1c-\x1f\x85\u2800`
const blank = /* @__PURE__ */ new RegExp(`[${spaces}]+`, 'gu')

/** What parts the digits of a token: spaces, hyphens, dashes, the minus, and dots at any height. */
const separator = /* @__PURE__ */ new RegExp(
  String.raw`[${spaces}\p{Pd}\u2212.\u00b7\u2022\u30fb]`,
  'gu',
)

const digit = /\p{Nd}/u

/** Returns a text without what nobody sees, each stretch of space as one space, and trimmed. */
export function visibleText(text: string): string {
  return text.replace(invisible, '').replace(blank, ' ').trim()
}

/** Returns a text with the digits of any script as 0 to 9. */
export function plainDigits(text: string): string {
  return text.replace(/\p{Nd}/gu, shown => String(digitOf(shown)))
}

/**
 * Returns a token as it was meant: without what nobody sees and without separators, its digits as 0
 * to 9. What has anything else in it, such as a letter, is trimmed and not changed.
 */
export function typedToken(text: string): string {
  const digits = plainDigits(text.replace(invisible, '').replace(separator, ''))
  return /^\d*$/.test(digits) ? digits : text.trim()
}

/** Unicode has the ten digits of a script in a row, and has rows that follow one another. */
function digitOf(shown: string): number {
  const code = shown.codePointAt(0) ?? 0
  let first = code
  while (digit.test(String.fromCodePoint(first - 1))) first--
  return (code - first) % 10
}

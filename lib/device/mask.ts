// How a number is shown where it need not be whole: country code and last two digits
// (+44•••••••12). The length of a country code follows from its first digits (ITU-T E.164, list
// of assigned codes).
const twoDigitCodes = /^(?:2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58])/

/** Masks an E.164 number. */
export function maskNumber(number: string): string {
  const digits = number.slice(1)
  const codeLength = /^[17]/.test(digits) ? 1 : twoDigitCodes.test(digits) ? 2 : 3
  const hidden = digits.length - codeLength - 2
  return `+${digits.slice(0, codeLength)}${'•'.repeat(Math.max(hidden, 0))}${digits.slice(-2)}`
}

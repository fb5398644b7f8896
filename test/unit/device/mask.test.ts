// The mask is a regular expression over country codes; the metadata of phone numbers knows them
// all.
import fc from 'fast-check'
import { getCountries, getCountryCallingCode } from 'libphonenumber-js/min'
import { expect, it } from 'vitest'
import { maskNumber } from '../../../lib/device/mask.ts'

const geographicCodes = getCountries().map(country => String(getCountryCallingCode(country)))
const otherCodes = ['800', '808', '870', '878', '881', '882', '883', '888', '979']
const codes = [...new Set([...geographicCodes, ...otherCodes])]

it('the metadata has more than two hundred country codes', () => {
  expect(codes.length).toBeGreaterThan(200)
})

it.each(codes)('of a number in +%s, the country code and the last two digits are left', code => {
  expect(maskNumber(`+${code}54321987`)).toBe(`+${code}••••••87`)
})

const numbers = fc.tuple(fc.constantFrom(...codes), fc.stringMatching(/^\d{4,12}$/))

it('nothing between country code and last two digits is left', () => {
  fc.assert(
    fc.property(numbers, ([code, national]) => {
      const masked = maskNumber(`+${code}${national}`)

      expect(masked.slice(0, code.length + 1)).toBe(`+${code}`)
      expect(masked.slice(code.length + 1, -2)).toMatch(/^•+$/)
      expect(masked.slice(-2)).toBe(national.slice(-2))
    }),
  )
})

it('a masked number is as long as the number', () => {
  fc.assert(
    fc.property(numbers, ([code, national]) => {
      const number = `+${code}${national}`

      expect(maskNumber(number)).toHaveLength(number.length)
    }),
  )
})

it.each([
  ['+12133734253', '+1••••••••53'],
  ['+442071838750', '+44••••••••50'],
  ['+393123456789', '+39••••••••89'],
  ['+6834000', '+683••00'],
  ['+2904000', '+290••00'],
  ['+2470123', '+247••23'],
  ['+491234', '+49••34'],
  ['+999123456789012', '+999••••••••••12'],
])('%s is shown as %s', (number, masked) => {
  expect(maskNumber(number)).toBe(masked)
})

// Inputs as attackers and accidents make them.
import fc from 'fast-check'

const known = [
  '',
  ' ',
  '123456',
  ' 123456\n',
  '１２３４５６',
  '١٢٣٤٥٦',
  '12 3456',
  '1e5',
  '0x1F',
  '-1',
  '123456.0',
  '123456\u0000',
  '\u0000',
  '\ud800',
  '\ufeff123456',
  '__proto__',
  'constructor',
  'toString',
  '+14155552671',
  '+1 (415) 555-2671',
  'tel:+14155552671;ext=5',
  '{token}',
  '{{token}}',
  '{token.__class__}',
  '%7B',
  '../..',
  '$(x)',
  "' OR 1=1 --",
  'x'.repeat(10_240),
  '1'.repeat(10_240),
]

/** Any text: known trouble, any code units, any characters. */
export const nastyText = fc.oneof(
  fc.constantFrom(...known),
  fc.string({ unit: 'binary' }),
  fc.string({ unit: 'grapheme' }),
  fc.array(fc.constantFrom(...known), { maxLength: 3 }).map(parts => parts.join('')),
)

/** Any JSON value, objects with the members of the API among them. */
export const nastyJson = fc.oneof(
  nastyText,
  fc.jsonValue(),
  fc.dictionary(
    fc.constantFrom('token', 'number', 'name', 'confirmed', '__proto__', 'constructor', 'x'),
    fc.oneof(nastyText, fc.jsonValue()),
  ),
)

/** Any body: JSON, JSON cut short, and what never was any. */
export const nastyBody = fc.oneof(
  nastyJson.map(value => JSON.stringify(value)),
  nastyJson.map(value => JSON.stringify(value).slice(0, -1)),
  fc.constantFrom('{"__proto__":{"token":"1"}}', '{"token":"1","token":"2"}', '[[[[', 'null'),
  nastyText,
)

/** Any header or query. */
export const nastyHeader = fc.option(nastyText, { nil: undefined })

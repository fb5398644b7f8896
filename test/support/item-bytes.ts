// The size of an item as DynamoDB counts it: names and strings in UTF-8, and numbers by their
// digits (AWS, "DynamoDB item sizes and formats").

/** Returns the bytes of an item of strings and numbers. */
export function itemBytes(item: Record<string, unknown>): number {
  return Object.entries(item).reduce(
    (sum, [name, value]) => sum + Buffer.byteLength(name) + valueBytes(value),
    0,
  )
}

function valueBytes(value: unknown): number {
  if (typeof value === 'string') return Buffer.byteLength(value)
  if (typeof value !== 'number') throw new Error('Neither a string nor a number.')
  const digits = String(Math.abs(value))
    .replace('.', '')
    .replace(/^0+|0+$/g, '').length
  return Math.ceil(digits / 2) + 1 + Number(value < 0)
}

// A file of Django's dumpdata (JSON or JSONL), record by record, each with the line it begins in.
// Django writes one line unless it is told to indent, so that a record has its place, too.

/** A record as Django's serializer writes it. */
export interface DjangoRecord {
  model: string
  /** Left out of models with a natural key under --natural-primary. */
  pk?: unknown
  fields: Record<string, unknown>
}

/** A record, and where it is. */
export interface Placed {
  record: DjangoRecord
  /** Both count from 1. */
  line: number
  place: number
}

/** Reads all records. Throws one sentence that names the line. */
export function readDump(text: string): Placed[] {
  return [...objectsOf(text)].map(({ json, line }, n) => ({
    record: readRecord(json, line),
    line,
    place: n + 1,
  }))
}

/** The braces alone say where a record ends; what is in it is read by JSON.parse. */
function* objectsOf(text: string): Generator<{ json: string; line: number }> {
  let line = 1
  let depth = 0
  let from = 0
  let fromLine = 1
  let inText = false
  for (let at = text.startsWith('\ufeff') ? 1 : 0; at < text.length; at++) {
    const char = text[at] as string
    if (char === '\n') line += 1
    if (inText) {
      if (char === '\\') at += 1
      else if (char === '"') inText = false
    } else if (char === '{') {
      if (depth === 0) [from, fromLine] = [at, line]
      depth += 1
    } else if (depth === 0) {
      if (!/[[\],\s]/.test(char)) throw new Error(`Line ${line} is no JSON of dumpdata.`)
    } else if (char === '}') {
      depth -= 1
      if (depth === 0) yield { json: text.slice(from, at + 1), line: fromLine }
    } else if (char === '"') inText = true
  }
  if (depth > 0) throw new Error(`The record of line ${fromLine} has no end: the file is cut off.`)
}

function readRecord(json: string, line: number): DjangoRecord {
  const record = parse(json)
  const { model, fields } = Object(record)
  if (typeof model === 'string' && typeof fields === 'object' && fields !== null) {
    return record as DjangoRecord
  }
  throw new Error(`Line ${line} is no record of dumpdata: it has no model or fields.`)
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}

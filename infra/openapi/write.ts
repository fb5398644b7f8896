// npm run openapi: writes what is made of the OpenAPI document, which is itself made of the code:
// the document, its reference page, the codes of docs/api.md, and the types of the client. A test
// holds the files against the code.
import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { openApiDocument } from '../../lib/openapi/document.ts'
import { toCodes, toReference } from './markdown.ts'
import type { Document } from './openapi.ts'
import { toTypeScript } from './typescript.ts'

const root = resolve(import.meta.dirname, '../..')
/** What npm start serves. */
const server = 'http://127.0.0.1:3000'

/** Returns the files that are made of the document, by their paths. */
export function openApiFiles(): Record<string, string> {
  const document = openApiDocument(server)
  const read = JSON.parse(JSON.stringify(document)) as Document
  const guide = readFileSync(resolve(root, 'docs/api.md'), 'utf8')
  return {
    'docs/openapi.json': `${JSON.stringify(document, null, 2)}\n`,
    'docs/reference.md': toReference(read),
    'docs/api.md': guide.replace(codes, (_, from, to) => `${from}\n${toCodes()}\n${to}`),
    'lib/client/api.ts': toTypeScript(read),
  }
}

const codes = /(<!-- Codes, .*? -->\n).*?(<!-- End of the codes -->)/s

if (import.meta.main) {
  for (const [path, text] of Object.entries(openApiFiles())) {
    await writeFile(resolve(root, path), text)
    console.log(path)
  }
}

// The documents as their readers find them: blocks, commands, links, tables, and what is not run of
// them, with the reason.
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

/** The folder of the repository. */
export const root = resolve(import.meta.dirname, '../..')

/** A document. */
export interface Document {
  /** Its path, such as docs/api.md. */
  path: string
  text: string
}

/** Reads a file of the repository. */
export function read(path: string): string {
  return readFileSync(join(root, path), 'utf8')
}

/** All documents. */
export const documents: Document[] = [
  ...['README.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'SECURITY.md'],
  'docs/examples/README.md',
  ...readdirSync(join(root, 'docs'))
    .filter(name => name.endsWith('.md'))
    .map(name => `docs/${name}`),
].map(path => ({ path, text: read(path) }))

/** A fenced block; the language is empty where none is named. */
export interface Block {
  language: string
  code: string
}

/** The fenced blocks of a document. */
export function blocksOf({ text }: Document): Block[] {
  return [...text.matchAll(/^```(\w*)\n(.*?)^```$/gms)].map(([, language = '', code = '']) => ({
    language,
    code,
  }))
}

/** The document without its fenced blocks. */
export function proseOf({ text }: Document): string {
  return text.replaceAll(/^```\w*\n.*?^```$/gms, '')
}

/** The blocks of a document that call the API, to be run as one script, in their order. */
export function scriptOf(document: Document): string {
  return blocksOf(document)
    .filter(({ language, code }) => language === 'sh' && /\bAPI\b/.test(code))
    .map(({ code }) => code)
    .join('\n')
}

/** The commands of a document's other blocks, with what continues them on the next line. */
export function commandsOf(document: Document): string[] {
  return blocksOf(document)
    .filter(({ language, code }) => language === 'sh' && !/\bAPI\b/.test(code))
    .flatMap(({ code }) => code.replaceAll(/\\\n\s*/g, '').split('\n'))
    .map(line => line.trim())
    .filter(line => line !== '' && !line.startsWith('#'))
}

/** The rows of a document's tables, cell by cell, without backticks. */
export function rowsOf({ text }: Document): string[][] {
  return text
    .split('\n')
    .filter(line => line.startsWith('|') && !/^\|[-:| ]+\|$/.test(line))
    .map(line =>
      line
        .slice(1, -1)
        .split('|')
        .map(cell => cell.trim().replaceAll('`', '')),
    )
}

/** The targets of a document's links and pictures, but for those elsewhere. */
export function linksOf(document: Document): string[] {
  return [...proseOf(document).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = '']) => target)
    .filter(target => !/^[a-z]+:/.test(target))
}

/** The anchors that a document's headings have on GitHub. */
export function anchorsOf(document: Document): string[] {
  return [...proseOf(document).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}_ -]/gu, '')
      .replaceAll(' ', '-'),
  )
}

/** The commands that no test runs, and why. */
export const notRun: [command: RegExp, reason: string][] = [
  [/^npm ci$/, 'replaces the node_modules that this test runs from; CI starts with it'],
  [/^npm pack$/, 'changes package.json for a moment; a test packs a copy'],
  [/^npm install \S+\.tgz\b/, 'is of a backend; a test installs the package in one'],
  [/^npm run example -- cognito/, 'takes a fixed port; test/browser drives the page'],
  [/^(KEY=\S+ )?npm run example /, 'takes a fixed port; npm run examples runs them on free ones'],
  [/^npm run demo$/, 'is a step of CI, beside this test'],
  [/^npm start\b/, 'takes fixed ports; the service of these tests is npm start on free ones'],
  [/^(\w+=\S+ )?npm test$/, 'this test is a part of it'],
  [/^printf .* > \.env\.prod$/, 'would leave settings here; npm run rehearse has such a file'],
  [/^cp \.env\.example /, 'would leave settings here; a test reads the copy'],
  [/^npm run secrets -- --stage /, 'needs AWS; npm run rehearse runs it against a stand-in'],
  [
    /^npm run api-key -- --stage (?!local)/,
    'needs AWS; npm run rehearse runs it against a stand-in',
  ],
  [/^(\w+=\S+ )?npm run deploy -- --stage /, 'needs AWS; npm run rehearse runs it'],
  [/^npm run doctor -- --stage /, 'needs AWS; npm run rehearse runs it against a stand-in'],
  [/^npm run replay -- --stage /, 'needs AWS, and what a deployed stage has kept'],
  [/^npm run index -- --stage /, 'needs AWS, and a deployed stage'],
  [/^python manage\.py dumpdata /, 'is of a Django site; npm run django has one'],
  [/^npm run import -- --stage /, 'needs AWS, and a dump; npm run django imports one'],
  [/^npm run restore -- --stage /, 'needs AWS, and replaces the token key of the stage'],
  [
    /^(cd infra\/stack\/data && )?npx serverless remove --stage /,
    'needs AWS; npm run rehearse does',
  ],
  [
    /^AWS_REGION=\S+ npm run package\b/,
    'bundles for a minute on a busy machine; CI has it as a step',
  ],
  [/^npx serverless (deploy list|rollback) --stage /, 'needs AWS'],
  [/^aws /, 'needs AWS'],
  [/^npm run (bench|test:mutation) -- /, 'takes many minutes, and is run by hand'],
]

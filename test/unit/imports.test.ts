// Which way imports go. The rooms stand on floors: a room imports from the floors below its own and
// from nowhere else. Each outsider (an SDK, Twilio, the metadata of phone numbers) has its few
// importers, and a rule has no outsider.
import { globSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = new URL('../../', import.meta.url)

/** From the lowest to the highest; what stands on one floor does not know the other. */
const floors = [
  ['lib/client'],
  ['lib'],
  ['lib/settings'],
  ['lib/dynamodb'],
  ['lib/device'],
  ['lib/token', 'lib/stream', 'lib/twilio', 'lib/proof'],
  [
    'lib/limits',
    'lib/breaker',
    'lib/figures',
    'lib/audit',
    'lib/delivery',
    'lib/verification',
    'lib/search',
  ],
  ['lib/challenge'],
  ['lib/timeline'],
  ['lib/api', 'lib/cognito'],
  ['lib/openapi'],
  ['lib/console'],
  ['functions', 'infra/bundle'],
  ['infra/stack', 'infra/openapi'],
  ['infra/commands'],
  ['infra/local'],
]

const outsiders: [package_: RegExp, importers: RegExp][] = [
  [
    /^@aws-sdk\/(client-dynamodb|lib-dynamodb|util-dynamodb)/,
    /^lib\/(dynamodb\/.*|[a-z]+\/store|stream\/records)\.ts$/,
  ],
  [/^@smithy\/signature-v4/, /^lib\/stream\/kept\.ts$/],
  [/^@aws-sdk\/client-ssm/, /^lib\/settings\/secrets\.ts$/],
  [/^@aws-sdk\/client-eventbridge/, /^lib\/audit\/bus\.ts$/],
  [
    /^@aws-sdk/,
    /^lib\/(dynamodb\/.*|[a-z]+\/store|stream\/records|settings\/secrets|audit\/bus)\.ts$/,
  ],
  [/^twilio/, /^lib\/twilio\//],
  [/^libphonenumber-js/, /^lib\/(device\/number|settings\/all)\.ts$/],
  [/^otplib/, /^lib\/token\/token\.ts$/],
  [/^@middy/, /^lib\/api\/endpoint\.ts$/],
  [/^valibot|^@valibot/, /^lib\/(api|openapi|console)\//],
  [/^uuid/, /^(functions\/create-device|lib\/cognito\/device)\.ts$/],
  [/^preact/, /^lib\/console\//],
]

/** Whoever knows the time or the environment: the edges. A rule is given both. */
const edges =
  /^(functions\/.*|lib\/(settings\/.*|console\/.*|dynamodb\/client|twilio\/client|client\/call|api\/endpoint|cognito\/trigger|connections|log)\.tsx?)$/

interface Import {
  from: string
  to: string
}

const files = globSync('{lib,functions,infra}/**/*.{ts,tsx,cjs}', { cwd: root }).toSorted()
const source = (file: string) => readFileSync(new URL(file, root), 'utf8')
const imports = files.flatMap((from): Import[] =>
  [...source(from).matchAll(/(?:from |import |import\(|require\()'([^'\n]+)'/g)].map(
    ([, name = '']) => ({
      from,
      to: name.startsWith('.') ? posix.join(posix.dirname(from), name) : name,
    }),
  ),
)
const ours = imports.filter(({ to }) => files.includes(to))

/** `lib/console/parts` stands in `lib/console`. */
const room = (file: string) => file.split('/').slice(0, -1).slice(0, 2).join('/')
const floorOf = (file: string) => floors.findIndex(rooms => rooms.includes(room(file)))

describe('a file', () => {
  it('stands on a floor', () => {
    expect(files.filter(file => floorOf(file) === -1)).toEqual([])
  })

  it('imports from its own room and the floors below', () => {
    const up = ours.filter(
      ({ from, to }) => room(from) !== room(to) && floorOf(to) >= floorOf(from),
    )

    expect(up).toEqual([])
  })

  it('imports nothing of the tests', () => {
    expect(imports.filter(({ to }) => to.startsWith('test/'))).toEqual([])
  })

  it('is in no circle of imports', () => {
    expect(circle()).toEqual([])
  })
})

it('each outsider has its few importers', () => {
  const foreign = imports.filter(
    ({ from, to }) =>
      !from.startsWith('infra/') &&
      !files.includes(to) &&
      !to.startsWith('node:') &&
      !to.startsWith('lib/'),
  )
  const strange = foreign.filter(({ from, to }) =>
    outsiders.every(([name, importers]) => !name.test(to) || !importers.test(from)),
  )

  expect(strange.filter(({ to }) => to !== 'aws-lambda' && to !== 'console:page')).toEqual([])
})

it('a rule knows neither the time nor the environment', () => {
  const knowing = files.filter(
    file =>
      !file.startsWith('infra/') &&
      /process\.env|Date\.now\(|new Date\(\)|performance\.now/.test(source(file)),
  )

  expect(knowing.filter(file => !edges.test(file))).toEqual([])
})

/** The files of one circle; none where there is none. */
function circle(): string[] {
  const done = new Set<string>()
  const look = (file: string, way: string[]): string[] => {
    if (way.includes(file)) return [...way.slice(way.indexOf(file)), file]
    if (done.has(file)) return []
    for (const { to } of ours.filter(({ from }) => from === file)) {
      const found = look(to, [...way, file])
      if (found.length > 0) return found
    }
    done.add(file)
    return []
  }
  for (const file of files) {
    const found = look(file, [])
    if (found.length > 0) return found
  }
  return []
}

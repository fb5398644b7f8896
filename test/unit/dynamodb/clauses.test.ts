// Every clause of every condition has a scenario that goes another way without it.
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'

const root = join(import.meta.dirname, '../../..')
const files = globSync('lib/*/*expressions.ts', { cwd: root })
const modules = await Promise.all(files.map(file => import(join(root, file))))
const scenarios = ['clauses', 'traffic-clauses']
  .map(name => readFileSync(join(root, `test/integration/dynamodb/${name}.test.ts`), 'utf8'))
  .join('')

/** A clause by itself, or those of a list: how a scenario names it, and what it is. */
function clausesOf(module: object): [name: string, clause: string][] {
  return Object.entries(module).flatMap(([name, value]) => {
    if (/Clause$/.test(name)) return [[name, String(value)]]
    if (!/Clauses$/.test(name)) return []
    return Object.entries(value).map(([key, clause]) => [`${name}.${key}`, String(clause)])
  })
}

/** Some scenarios are one for each of a list. */
function hasScenario([name]: [name: string, clause: string]): boolean {
  const [list, key] = name.split('.')
  const isNamedIn = new RegExp(`'${key}'|\\b${key}:`)
  return scenarios.includes(name) || (scenarios.includes(`${list}[`) && isNamedIn.test(scenarios))
}

it('no clause is without a scenario', () => {
  const clauses = modules.flatMap(clausesOf)
  const held = clauses.filter(hasScenario).map(([, clause]) => clause)

  // A resend has those of a challenge, and the one on guesses is an attempt's, too.
  const taken = ([name, clause]: [name: string, clause: string]) =>
    /^(resendClauses|notUsedUpClause)/.test(name) && held.includes(clause)
  const missing = clauses.filter(one => !hasScenario(one) && !taken(one))
  expect(clauses.length).toBeGreaterThan(50)
  expect(missing).toEqual([])
})

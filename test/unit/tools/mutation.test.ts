// What npm run test:mutation mutates, and what it may let live.
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { groups } from '../../mutation/groups.ts'
import survivors from '../../mutation/survivors.json' with { type: 'json' }

const root = join(import.meta.dirname, '../../..')

it('each file of lib/ is mutated in one group, but the console, what is made, and a table', () => {
  const elsewhere = /^lib\/(console\/.*|client\/api\.ts|twilio\/codes\.ts)$/
  const files = globSync('lib/**/*.ts', { cwd: root }).filter(file => !elsewhere.test(file))

  const mutated = Object.values(groups).flatMap(({ mutate }) => globSync(mutate, { cwd: root }))

  expect(mutated.toSorted()).toEqual(files.toSorted())
})

it('each mutant that may live is of a line that is there', () => {
  const gone = survivors.filter(({ file, line }) => {
    const lines = readFileSync(join(root, file), 'utf8').split('\n')
    return !lines.some(one => one.trim() === line)
  })

  expect(gone).toEqual([])
})

it('no mutant that may live is named twice', () => {
  const names = survivors.map(({ reason, ...mutant }) => JSON.stringify(mutant))

  expect(names.filter((name, n) => names.indexOf(name) !== n)).toEqual([])
})

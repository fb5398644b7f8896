// What npm run test:mutation may let live, and why.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import survivors from '../../mutation/survivors.json' with { type: 'json' }

const root = join(import.meta.dirname, '../../..')

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

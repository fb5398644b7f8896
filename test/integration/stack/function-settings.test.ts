// Which settings each function gets is generated from the bundles.
import { expect, it } from 'vitest'
import written from '../../../infra/stack/function-settings.json' with { type: 'json' }
import { readFunctionSettings } from '../../../infra/stack/function-settings.ts'
import { functionSettings } from '../../../infra/stack/settings.ts'

it('is as npm run function-settings writes it', async () => {
  expect(written).toEqual(await readFunctionSettings())
}, 60_000)

it('leaves out no setting: each is read by a function', () => {
  const read = new Set(Object.values(written).flat())

  expect(Object.keys(functionSettings).filter(name => !read.has(name))).toEqual([])
})

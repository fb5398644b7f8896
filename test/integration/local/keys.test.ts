import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readKeys } from '../../../infra/local/keys.ts'

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'otp-keys-'))
})

afterEach(() => rm(folder, { recursive: true }))

const file = () => join(folder, 'keys.json')

describe('the keys of npm start', () => {
  it('are others each time without a folder', async () => {
    const [one, other] = [await readKeys(undefined), await readKeys(undefined)]

    const all = [one, other].flatMap(keys => Object.values(keys))
    expect(new Set(all).size).toBe(6)
  })

  it('are kept in a folder, for its owner alone', async () => {
    const first = await readKeys(folder)
    const again = await readKeys(folder)

    expect(again).toEqual(first)
    expect((await stat(file())).mode & 0o777).toBe(0o600)
  })

  it('of 0.2.0 get the token key as the index key, once and for all', async () => {
    await writeFile(file(), '{"apiKey":"otp_kept","tokenKey":"a2VwdA=="}', { mode: 0o600 })

    const keys = await readKeys(folder)

    expect(keys).toEqual({ apiKey: 'otp_kept', tokenKey: 'a2VwdA==', indexKey: 'a2VwdA==' })
    expect(JSON.parse(await readFile(file(), 'utf8'))).toEqual(keys)
    expect((await stat(file())).mode & 0o777).toBe(0o600)
    expect(await readdir(folder)).toEqual(['keys.json'])
  })
})

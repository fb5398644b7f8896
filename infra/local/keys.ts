// The keys of npm start. With --data they are kept beside its devices, which would be lost without
// them.
import { randomBytes } from 'node:crypto'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { drawApiKey } from '../../lib/api/api-key.ts'

/** The demo API key, and two secrets in base64. */
export interface LocalKeys {
  apiKey: string
  indexKey: string
  tokenKey: string
}

const drawKey = () => randomBytes(32).toString('base64')

/** Reads the keys of a folder, or draws them; without a folder they are for this run alone. */
export async function readKeys(folder: string | undefined): Promise<LocalKeys> {
  const drawn = { apiKey: drawApiKey(), indexKey: drawKey(), tokenKey: drawKey() }
  if (!folder) return drawn
  const file = join(folder, 'keys.json')
  await mkdir(folder, { recursive: true })
  await writeFile(file, JSON.stringify(drawn), { flag: 'wx', mode: 0o600 }).catch(error => {
    if (error.code !== 'EEXIST') throw error
  })
  const kept = JSON.parse(await readFile(file, 'utf8'))
  return kept.indexKey === undefined ? addIndexKey(file, kept) : kept
}

/** What 0.2.0 named by the token key is found by an index key of the same value. */
async function addIndexKey(file: string, kept: Omit<LocalKeys, 'indexKey'>): Promise<LocalKeys> {
  const keys = { ...kept, indexKey: kept.tokenKey }
  await writeFile(`${file}.new`, JSON.stringify(keys), { mode: 0o600 })
  await rename(`${file}.new`, file)
  return keys
}

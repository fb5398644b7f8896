// The packages that are installed: each by its hash, and under a licence that lets anybody use
// what is deployed.
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'

interface Package {
  license?: string
  integrity?: string
  dev?: boolean
  devOptional?: boolean
}

const lock = JSON.parse(readFileSync(new URL('../../package-lock.json', import.meta.url), 'utf8'))
const packages = Object.entries(lock.packages as Record<string, Package>).filter(
  ([folder]) => folder !== '',
)
const named = (given: [string, Package][]) => given.map(([folder]) => folder)

/** What is deployed may ask for no more than to be named. */
const deployed = ['MIT', 'ISC', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', '0BSD']

/** A tool may ask for its own changes back, as the MPL does: nothing of it is shipped. */
const tools = [
  ...deployed,
  'BlueOak-1.0.0',
  'CC-BY-4.0',
  'CC0-1.0',
  'MPL-2.0',
  'PSF-2.0',
  'Python-2.0',
  'Zlib',
]

/** Whether a licence such as `(MIT OR GPL-3.0-or-later)` is one of these. */
function isOneOf(allowed: string[], license = ''): boolean {
  const choices = license.replace(/[()]/g, '').split(' OR ')
  return choices.some(choice => choice.split(' AND ').every(one => allowed.includes(one)))
}

it('each has its hash in the lock', () => {
  const without = packages.filter(([, { integrity }]) => !/^sha512-/.test(integrity ?? ''))

  expect(named(without)).toEqual([])
})

it('each that is deployed is under a licence that asks for no more than its name', () => {
  const ofService = packages.filter(([, { dev, devOptional }]) => !dev && !devOptional)

  expect(ofService.length).toBeGreaterThan(10)
  expect(named(ofService.filter(([, { license }]) => !isOneOf(deployed, license)))).toEqual([])
})

it('each that is a tool is under a licence that asks nothing of what it makes', () => {
  expect(named(packages.filter(([, { license }]) => !isOneOf(tools, license)))).toEqual([])
})

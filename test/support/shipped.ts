// The settings of serverless.yml, with the values that hold where the deploy's environment sets no
// other.
import { readFileSync } from 'node:fs'
import { parse } from 'yaml'

const file = readFileSync(new URL('../../serverless.yml', import.meta.url), 'utf8')
const { environment } = parse(file).provider as { environment: Record<string, string> }

/** By name; empty is the code's default. */
export const shippedSettings: Record<string, string> = Object.fromEntries(
  Object.entries(environment).flatMap(([name, value]) => {
    const [, shipped] = /^\$\{env:\w+, '(.*)'\}$/.exec(value) ?? []
    return shipped === undefined ? [] : [[name, shipped]]
  }),
)

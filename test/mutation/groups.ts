// lib/ in groups, each with the tests that a mutant of it has to get past: the machine's time is what they cost.

/** Files that are mutated together, and the integration tests that run beside all unit tests. */
export interface Group {
  mutate: string[]
  integration: string[]
}

/** All groups by name; together they are lib/. */
export const groups: Record<string, Group> = {
  rules: {
    mutate: ['lib/token/*.ts', 'lib/device/*.ts', 'lib/settings/{settings,template}.ts'],
    integration: [],
  },
  // Constants of a module: each of their mutants runs everything, so what waits is left out.
  expressions: {
    mutate: ['lib/store/expressions/*.ts'],
    integration: ['clauses', 'verify', 'challenge', 'devices', 'figures'],
  },
  writes: {
    mutate: ['lib/store/{verification,write}.ts'],
    integration: ['writes', 'verify', 'counts', 'lost-answers'],
  },
  store: {
    mutate: ['lib/store/{challenge,client,devices}.ts'],
    integration: ['challenge', 'devices', 'lost-answers', 'requests'],
  },
  figures: { mutate: ['lib/figures/*.ts', 'lib/store/figures.ts'], integration: ['figures'] },
  delivery: { mutate: ['lib/delivery/*.ts'], integration: ['challenge', 'twilio'] },
  access: {
    mutate: ['lib/access/*.ts', 'lib/settings/secrets.ts', 'lib/{problem,log}.ts'],
    integration: ['secrets', 'requests'],
  },
  api: { mutate: ['lib/api/*.ts'], integration: ['requests', 'challenge', 'verify', 'devices'] },
  stream: {
    mutate: ['lib/{stream,audit}/*.ts'],
    integration: ['happenings', 'audit', 'metrics'],
  },
  openapi: { mutate: ['lib/openapi/*.ts'], integration: [] },
}

/** Nothing may survive in these. */
export const flawless =
  /^lib\/(token\/.*|device\/throttle|store\/(expressions\/.*|verification|write))\.ts$/

/** The group of this run. */
export function groupOf(name: string | undefined): Group {
  const group = groups[name ?? '']
  if (group) return group
  throw new Error(`OTP_MUTATION must be one of ${Object.keys(groups).join(', ')}.`)
}

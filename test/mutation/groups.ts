// lib/ in groups, each with the tests that a mutant of it has to get past: the machine's time is what they cost.

/** Files that are mutated together, and the unit and integration tests that a mutant of them has to get past. */
export interface Group {
  mutate: string[]
  unit: string[]
  integration: string[]
}

/** All groups by name; together they are lib/, but for the console, which the tests in a browser hold. */
export const groups: Record<string, Group> = {
  token: {
    mutate: ['lib/token/*.ts'],
    unit: ['digest', 'device', 'token'],
    integration: [],
  },
  device: {
    mutate: ['lib/device/*.ts'],
    unit: ['attempt', 'delivery', 'device', 'mask', 'number', 'throttle', 'settings'],
    integration: ['countries', 'channels', 'test-numbers'],
  },
  settings: {
    mutate: ['lib/settings/!(secrets).ts'],
    unit: ['template', 'limits', 'wording', 'countries', 'message-settings', 'settings'],
    integration: [],
  },
  // Constants of a module: each of their mutants runs everything, so what waits is left out.
  expressions: {
    mutate: ['lib/store/expressions/*.ts'],
    unit: ['countries'],
    integration: [
      'clauses',
      'challenge',
      'channels',
      'limited-resends',
      'cooldown',
      'limits',
      'verify',
      'devices',
    ],
  },
  writes: {
    mutate: ['lib/store/{verification,write}.ts'],
    unit: ['attempt'],
    integration: ['writes', 'verify', 'counts', 'lost-answers'],
  },
  store: {
    mutate: ['lib/store/{challenge,client,delivery,devices,sha256}.ts'],
    unit: ['sha256'],
    integration: [
      'store',
      'limited-resends',
      'cooldown',
      'channels',
      'challenge',
      'test-numbers',
      'delivery',
      'devices',
      'limits',
    ],
  },
  limits: {
    mutate: ['lib/limits/*.ts', 'lib/store/limits.ts'],
    unit: ['limits'],
    integration: ['counters', 'limits-routes', 'limited-resends', 'limits'],
  },
  messages: {
    mutate: [
      'lib/delivery/{answer,outcome,segments,signature,status-callback,twilio-status,wording}.ts',
    ],
    unit: ['delivery', 'wording', 'message-settings'],
    integration: ['twilio', 'delivery'],
  },
  delivery: {
    mutate: ['lib/delivery/{admission,challenge,deliver,test-number,twilio}.ts'],
    unit: ['message-settings'],
    integration: [
      'twilio',
      'countries',
      'limited-resends',
      'channels',
      'challenge',
      'test-numbers',
      'delivery',
      'limits',
    ],
  },
  access: {
    mutate: ['lib/access/*.ts', 'lib/settings/secrets.ts', 'lib/{problem,log}.ts'],
    unit: ['api-key', 'settings', 'problem', 'log'],
    integration: ['requests', 'secrets'],
  },
  api: {
    mutate: ['lib/api/*.ts'],
    unit: ['cursor', 'operations', 'request', 'problem'],
    integration: [
      'requests',
      'challenge',
      'verify',
      'devices',
      'channels',
      'delivery',
      'limits-routes',
    ],
  },
  openapi: { mutate: ['lib/openapi/*.ts'], unit: ['openapi', 'openapi-answers'], integration: [] },
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

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
    integration: ['countries'],
  },
  settings: {
    mutate: ['lib/settings/!(secrets).ts'],
    unit: [
      'template',
      'limits',
      'breaker',
      'prices',
      'wording',
      'countries',
      'message-settings',
      'settings',
    ],
    integration: [],
  },
  // Constants of a module: each of their mutants runs everything, so what waits is left out.
  attempts: {
    mutate: ['lib/store/expressions/attempt*.ts'],
    unit: [],
    integration: ['clauses', 'verify'],
  },
  expressions: {
    mutate: ['lib/store/expressions/!(attempt)*.ts'],
    unit: ['countries'],
    integration: [
      'clauses',
      'counters',
      'beginnings',
      'challenge',
      'delivery',
      'limited-resends',
      'test-numbers',
      'channels',
      'cooldown',
      'devices',
      'figures',
      'store',
      'breaker',
    ],
  },
  writes: {
    mutate: ['lib/store/{verification,write}.ts'],
    unit: ['attempt'],
    integration: ['writes', 'verify', 'counts', 'lost-answers'],
  },
  store: {
    mutate: ['lib/store/{client,delivery,devices,query,sha256}.ts', 'lib/deadlines.ts'],
    unit: ['sha256'],
    integration: ['store', 'client', 'devices', 'delivery'],
  },
  challenges: {
    mutate: ['lib/store/challenge.ts'],
    unit: [],
    integration: [
      'beginnings',
      'challenge',
      'limited-resends',
      'limits',
      'test-numbers',
      'channels',
      'store',
    ],
  },
  limits: {
    mutate: ['lib/limits/*.ts', 'lib/store/limits.ts'],
    unit: ['limits'],
    integration: ['counters', 'limits-routes', 'limited-resends', 'limits'],
  },
  messages: {
    mutate: ['lib/delivery/{segments,status-callback,twilio-status,wording}.ts'],
    unit: ['delivery', 'wording', 'message-settings'],
    integration: [],
  },
  twilio: {
    mutate: ['lib/delivery/{answer,twilio}.ts'],
    unit: ['answer'],
    integration: ['twilio'],
  },
  admission: {
    mutate: ['lib/delivery/admission.ts'],
    unit: [],
    integration: ['admission', 'limits', 'limited-resends', 'limits-routes'],
  },
  delivery: {
    mutate: ['lib/delivery/{challenge,deliver,outcome,signature,test-number}.ts'],
    unit: ['delivery'],
    integration: [
      'deliver',
      'challenge',
      'channels',
      'test-numbers',
      'delivery',
      'limited-resends',
      'countries',
    ],
  },
  access: {
    mutate: ['lib/access/*.ts', 'lib/{problem,log}.ts'],
    unit: ['api-key', 'problem', 'log'],
    integration: [],
  },
  secrets: {
    mutate: ['lib/settings/secrets.ts'],
    unit: ['settings'],
    integration: ['secrets'],
  },
  requests: {
    mutate: ['lib/api/{cursor,operations,request,response,schemas}.ts'],
    unit: ['cursor', 'operations', 'problem', 'schemas', 'request'],
    integration: [],
  },
  answers: {
    mutate: ['lib/api/{callback,challenge-answer,device-problems,endpoint}.ts'],
    unit: ['device-problems', 'callback', 'endpoint'],
    integration: ['requests', 'verify', 'challenge', 'delivery', 'limits-routes'],
  },
  breaker: {
    mutate: ['lib/breaker/*.ts', 'lib/store/{suspensions,traffic}.ts'],
    unit: ['breaker'],
    integration: ['judgement'],
  },
  figures: {
    mutate: ['lib/figures/*.ts', 'lib/store/figures.ts'],
    unit: [],
    integration: ['figures'],
  },
  stream: {
    mutate: ['lib/{stream,audit}/*.ts'],
    unit: ['stream'],
    integration: ['happenings', 'audit', 'metrics'],
  },
  openapi: { mutate: ['lib/openapi/*.ts'], unit: ['openapi', 'openapi-answers'], integration: [] },
}

/** Nothing may survive in these. */
export const flawless =
  /^lib\/(token\/.*|device\/(throttle|attempt)|store\/(expressions\/attempt|verification|write))\.ts$/

/** The group of this run. */
export function groupOf(name: string | undefined): Group {
  const group = groups[name ?? '']
  if (group) return group
  throw new Error(`OTP_MUTATION must be one of ${Object.keys(groups).join(', ')}.`)
}

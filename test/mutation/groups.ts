// lib/ in groups, each with the tests that a mutant of it has to get past: the machine's time is
// what they cost.

/**
 * Files that are mutated together, and the unit and integration tests that a mutant of them has to
 * get past.
 */
export interface Group {
  mutate: string[]
  unit: string[]
  integration: string[]
}

/**
 * All groups by name. Each file of lib/ is in one, but those of the console, which the tests in a
 * browser hold, the client's types, which are made from the OpenAPI document, and the table of
 * Twilio's codes.
 */
export const groups: Record<string, Group> = {
  token: {
    mutate: ['lib/token/*.ts'],
    unit: ['token/digest', 'device/device', 'token/token'],
    integration: [],
  },
  device: {
    mutate: ['lib/device/!(store|expressions).ts', 'lib/{verification/attempt,challenge/view}.ts'],
    unit: [
      'verification/attempt',
      'device/delivery-record',
      'device/device',
      'device/established',
      'device/mask',
      'device/number',
      'device/throttle',
      'settings/settings',
    ],
    integration: ['device/countries', 'verification/guesses', 'device/devices', 'dynamodb/writes'],
  },
  settings: {
    mutate: ['lib/settings/!(secrets).ts'],
    unit: [
      'settings/template',
      'limits/limits',
      'breaker/breaker',
      'settings/prices',
      'delivery/wording',
      'settings/countries',
      'settings/messages',
      'settings/settings',
      'settings/all',
      'settings/forms',
      'stack/deployment',
      'stack/env-file',
      'device/number',
      'device/established',
    ],
    integration: [],
  },
  // Constants of a module: each of their mutants runs everything, so what waits is left out.
  attempts: {
    mutate: ['lib/verification/expressions.ts'],
    unit: [],
    integration: ['dynamodb/clauses', 'verification/proved', 'verification/verify'],
  },
  expressions: {
    mutate: [
      'lib/{breaker,challenge,delivery,device,figures,limits}/*expressions.ts',
      'lib/dynamodb/update.ts',
    ],
    unit: ['settings/countries'],
    integration: [
      'dynamodb/clauses',
      'limits/counters',
      'challenge/start',
      'challenge/challenge',
      'delivery/delivery',
      'challenge/limited-resends',
      'challenge/test-numbers',
      'delivery/channels',
      'challenge/cooldown',
      'device/devices',
      'figures/figures',
      'device/store',
      'breaker/breaker',
      'breaker/judgement',
      'device/kept-lock',
      'proof/proof',
      'verification/guesses',
    ],
  },
  writes: {
    mutate: ['lib/verification/store.ts', 'lib/dynamodb/write.ts'],
    unit: ['verification/attempt'],
    integration: [
      'dynamodb/writes',
      'verification/proved',
      'verification/verify',
      'dynamodb/requests',
      'dynamodb/lost-answers',
    ],
  },
  store: {
    mutate: [
      'lib/dynamodb/{client,query,read,rows,sha256}.ts',
      'lib/{delivery,device}/store.ts',
      'lib/{aws-timeouts,connections}.ts',
    ],
    unit: ['dynamodb/sha256'],
    integration: [
      'device/store',
      'dynamodb/client',
      'device/devices',
      'delivery/delivery',
      'search/search',
      'dynamodb/query',
      'dynamodb/rows',
      'dynamodb/aged-connections',
    ],
  },
  challenges: {
    mutate: ['lib/challenge/{store,refusal,refund}.ts'],
    unit: [],
    integration: [
      'challenge/start',
      'challenge/admission',
      'challenge/challenge',
      'challenge/limited-resends',
      'limits/limits',
      'challenge/test-numbers',
      'delivery/channels',
      'device/store',
    ],
  },
  counters: {
    mutate: ['lib/limits/{charge,full,mark,network,query,shard,subject,window}.ts'],
    unit: [
      'limits/limits',
      'limits/charge',
      'limits/full',
      'limits/mark',
      'limits/query',
      'limits/window',
      'limits/shard',
    ],
    integration: ['limits/counters', 'limits/routes'],
  },
  limits: {
    mutate: ['lib/limits/{guess,kept-lock,store}.ts'],
    unit: [],
    integration: [
      'limits/counters',
      'limits/shared',
      'limits/limits',
      'device/kept-lock',
      'limits/spraying',
    ],
  },
  messages: {
    mutate: ['lib/delivery/{segments,wording}.ts', 'lib/twilio/{callback,status}.ts'],
    unit: ['device/delivery-record', 'delivery/wording', 'settings/messages', 'twilio/callback'],
    integration: [],
  },
  twilio: {
    mutate: ['lib/twilio/{answer,client}.ts'],
    unit: ['twilio/answer'],
    integration: ['twilio/client'],
  },
  admission: {
    mutate: ['lib/challenge/admission.ts'],
    unit: [],
    integration: [
      'challenge/admission',
      'limits/limits',
      'challenge/limited-resends',
      'limits/routes',
      'limits/shared',
      'dynamodb/requests',
    ],
  },
  delivery: {
    mutate: [
      'lib/challenge/{challenge,finish,outcome,setup,test-number}.ts',
      'lib/delivery/{deliver,channels/*}.ts',
      'lib/twilio/signature.ts',
    ],
    unit: ['device/delivery-record', 'twilio/signature'],
    integration: [
      'delivery/deliver',
      'challenge/challenge',
      'delivery/channels',
      'challenge/test-numbers',
      'delivery/delivery',
      'challenge/limited-resends',
      'device/countries',
      'proof/proof',
      'timeline/timeline',
    ],
  },
  access: {
    mutate: [
      'lib/api/api-key.ts',
      'lib/{problem,log,metric-outcomes,time,json,typed,formats,length-prefixed,request-name}.ts',
    ],
    unit: [
      'api/api-key',
      'formats',
      'problem',
      'log',
      'request-name',
      'typed',
      'token/digest',
      'device/device',
      'device/mask',
      'device/number',
      'api/device-problems',
      'api/operations',
      'api/request',
      'api/schemas',
    ],
    integration: ['stack/watch'],
  },
  secrets: {
    mutate: ['lib/settings/secrets.ts'],
    unit: ['settings/settings'],
    integration: ['settings/secrets'],
  },
  requests: {
    mutate: [
      'lib/api/{base-path,cursor,events-page,operation,operations,payload,request,response}.ts',
      'lib/api/schemas.ts',
    ],
    unit: [
      'api/cursor',
      'api/operations',
      'api/payload',
      'problem',
      'api/schemas',
      'api/request',
      'api/endpoint',
    ],
    integration: [
      'limits/routes',
      'search/search',
      'timeline/timeline',
      'figures/figures',
      'device/devices',
      'api/requests',
    ],
  },
  answers: {
    mutate: ['lib/api/{callback,challenge-answer,device-problems,endpoint}.ts'],
    unit: ['api/device-problems', 'api/callback', 'api/endpoint'],
    integration: [
      'api/requests',
      'verification/verify',
      'challenge/challenge',
      'delivery/delivery',
      'limits/routes',
      'limits/limits',
      'breaker/breaker',
      'api/key',
      'device/countries',
      'challenge/limited-resends',
      'api/access',
    ],
  },
  breaker: {
    mutate: ['lib/breaker/!(expressions).ts'],
    unit: ['breaker/breaker'],
    integration: ['breaker/judgement'],
  },
  figures: {
    mutate: ['lib/figures/!(expressions|metrics).ts'],
    unit: ['figures/figures'],
    integration: ['figures/figures', 'commands/replay'],
  },
  stream: {
    mutate: ['lib/{stream,audit}/*.ts', 'lib/figures/metrics.ts'],
    unit: ['stream/batch', 'stream/stream'],
    integration: [
      'stream/device-events',
      'audit/audit',
      'audit/admin',
      'figures/metrics',
      'timeline/timeline',
      'stream/readers',
      'commands/replay',
    ],
  },
  timeline: {
    mutate: ['lib/{timeline,search}/*.ts'],
    unit: ['search/row', 'search/text', 'timeline/row'],
    integration: ['timeline/timeline', 'timeline/keep', 'search/search'],
  },
  proof: {
    mutate: ['lib/proof/*.ts', 'lib/api/proof-request.ts'],
    unit: ['proof/key', 'proof/request', 'proof/via'],
    integration: ['proof/proof', 'proof/step-up', 'commands/secrets'],
  },
  cognito: {
    mutate: ['lib/cognito/*.ts'],
    unit: ['cognito/define', 'cognito/session', 'cognito/trigger'],
    integration: ['cognito/rounds', 'cognito/sign-in', 'cognito/triggers'],
  },
  client: {
    mutate: ['lib/client/!(api).ts'],
    unit: ['client/client'],
    integration: [],
  },
  openapi: {
    mutate: ['lib/openapi/*.ts'],
    unit: ['openapi/document', 'openapi/answers', 'openapi/files'],
    integration: [],
  },
}

/** Nothing may survive in these. */
export const flawless = /^lib\/(token\/.*|device\/throttle|verification\/.*|dynamodb\/write)\.ts$/

/** The group of this run. */
export function groupOf(name: string | undefined): Group {
  const group = groups[name ?? '']
  if (group) return group
  throw new Error(`OTP_MUTATION must be one of ${Object.keys(groups).join(', ')}.`)
}

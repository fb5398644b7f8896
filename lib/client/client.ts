// The client of the API: a method for each operation, typed by the OpenAPI document. It has no
// dependency, logs nothing, and runs wherever there is fetch: Node.js, Bun, Deno, workers.
import type { Operations } from './api.ts'
import { type Call, type Connection, call } from './call.ts'
import type { OperationName, Result } from './result.ts'

export type * from './api.ts'
export type { Failure, GatewayThrottling, NoAnswer, Result, ThrownCode } from './result.ts'
export { OtpError } from './result.ts'

/** How to reach the service. */
export interface ClientOptions {
  /** What the deploy prints, such as https://abc.execute-api.eu-central-1.amazonaws.com. */
  url: string
  /** A key with the scopes of what is called. */
  apiKey: string
  /** For a page whose user has a key of their own, as an operator of the console. */
  allowBrowser?: boolean
  /** In the place of the global one. */
  fetch?: typeof fetch
}

/** What every call takes. */
export interface CallOptions {
  /** Ends the call, which then throws the reason. */
  signal?: AbortSignal | undefined
}

/** What a call takes that must not be done twice. */
export interface KeyedOptions extends CallOptions {
  /** One of your own, where the same request may come to you twice; else each call makes one. */
  idempotencyKey?: string | undefined
}

/** Members that may be left out may be undefined, too. */
type Loose<Members> = {
  [Name in keyof Members]: Members extends Record<Name, Members[Name]>
    ? Members[Name]
    : Members[Name] | undefined
}
type Body<Name extends OperationName> = Loose<Operations[Name]['body']>
type Query<Name extends OperationName> = Loose<Operations[Name]['query']>

/** A client of one service. */
export type OtpClient = ReturnType<typeof createClient>

/** One try of a challenge waits for Twilio; every other answer takes five seconds at most. */
const challengeMs = 25_000
const otherMs = 8_000

/**
 * Makes a client. Throws in the window of a browser, where everybody could read the key, unless
 * `allowBrowser` is set.
 */
export function createClient({ url, apiKey, allowBrowser, fetch: given }: ClientOptions) {
  if (!allowBrowser && 'window' in globalThis && 'document' in globalThis) {
    throw new Error('An API key is for servers: in a browser everybody can read it.')
  }
  if (!/^[!-~]+$/.test(apiKey)) throw new TypeError('The apiKey must be one that was printed.')
  const connection: Connection = {
    url: new URL(url).href.replace(/\/+$/, ''),
    apiKey,
    fetch: given ?? ((...request) => fetch(...request)),
  }

  const ask = <Name extends OperationName>(
    method: string,
    path: string,
    { signal, ...rest }: CallOptions & Partial<Call>,
  ) =>
    call(connection, {
      ...{ method, path, idempotencyKey: null, tryMs: otherMs, ...rest },
      signal,
    }) as Promise<Result<Name>>

  const get = <Name extends OperationName>(path: string, { signal, ...query }: CallOptions) =>
    ask<Name>('GET', path, { signal, query })
  const change =
    <Name extends OperationName>(method: string, path: string) =>
    ({ signal, ...query }: Query<Name> & CallOptions = {} as never) =>
      ask<Name>(method, path, { signal, query })
  const post = <Name extends OperationName>(
    path: string,
    { signal, idempotencyKey, ...body }: KeyedOptions,
    tryMs = otherMs,
  ) => ask<Name>('POST', path, { signal, idempotencyKey, body, tryMs })

  const challenge = (
    userId: string,
    deviceId: string,
    request: Body<'challenge'> & KeyedOptions = {},
  ) => post<'challenge'>(`${devicePath(userId, deviceId)}/challenge`, request, challengeMs)

  return {
    devices: {
      /** Registers a phone. */
      create: (userId: string, device: Body<'createDevice'> & KeyedOptions) =>
        post<'createDevice'>(devicesPath(userId), device),
      /** Shows a device. */
      get: (userId: string, deviceId: string, options: CallOptions = {}) =>
        get<'getDevice'>(devicePath(userId, deviceId), options),
      /** Lists all devices of a user; with `limit` or `cursor` one page of them. */
      list: (userId: string, query: ListQuery = {}) =>
        list(page => get<'listDevices'>(devicesPath(userId), page), query),
      /** Changes the name, the number or the confirmation. */
      update: (
        userId: string,
        deviceId: string,
        { signal, ...body }: Body<'updateDevice'> & CallOptions,
      ) => ask<'updateDevice'>('PATCH', devicePath(userId, deviceId), { signal, body }),
      /** Deletes a device. */
      delete: (userId: string, deviceId: string, { signal }: CallOptions = {}) =>
        ask<'deleteDevice'>('DELETE', devicePath(userId, deviceId), { signal }),
      /** Deletes all devices of a user. */
      deleteAll: (userId: string, { signal }: CallOptions = {}) =>
        ask<'deleteDevices'>('DELETE', devicesPath(userId), { signal }),
      /** Unlocks a device: clears failures, lock and cooldown. */
      reset: (userId: string, deviceId: string, { signal }: CallOptions = {}) =>
        ask<'reset'>('POST', `${devicePath(userId, deviceId)}/reset`, { signal }),
      /** Finds devices of all users, page by page. */
      find: (query: Query<'findDevices'> & CallOptions = {}) =>
        get<'findDevices'>('/all/devices', query),
      /** Lists what happened to a device, page by page, newest first. */
      events: (
        userId: string,
        deviceId: string,
        query: Query<'listDeviceEvents'> & CallOptions = {},
      ) => get<'listDeviceEvents'>(`${devicePath(userId, deviceId)}/events`, query),
    },
    /** Lists what happened to all devices of a user, page by page, newest first. */
    events: (userId: string, query: Query<'listUserEvents'> & CallOptions = {}) =>
      get<'listUserEvents'>(`${userPath(userId)}/events`, query),
    /** Sends a new token. */
    challenge,
    /** Sends the token that lives once more, on another channel if you like. */
    resend: (
      userId: string,
      deviceId: string,
      request: Omit<Body<'challenge'>, 'resend'> & KeyedOptions = {},
    ) => challenge(userId, deviceId, { ...request, resend: true }),
    /** Shows what became of a challenge; of the last one, unless `challengeId` names another. */
    challengeState: (
      userId: string,
      deviceId: string,
      query: Query<'getChallenge'> & CallOptions = {},
    ) => get<'getChallenge'>(`${devicePath(userId, deviceId)}/challenge`, query),
    /** Verifies a token. */
    verify: (userId: string, deviceId: string, request: Body<'verify'> & KeyedOptions) =>
      post<'verify'>(`${devicePath(userId, deviceId)}/verify`, request),
    limits: {
      /** Shows the limits on sends. */
      get: (query: Query<'getLimits'> & CallOptions = {}) => get<'getLimits'>('/limits', query),
      /** Empties those of the query, or else of the deployment. */
      empty: change<'deleteLimits'>('DELETE', '/limits'),
    },
    suspensions: {
      /** Shows what the breaker suspends; of a `number`, what holds that number now. */
      get: (query: Query<'getSuspensions'> & CallOptions = {}) =>
        get<'getSuspensions'>('/suspensions', query),
      /** Lifts a suspension. */
      lift: change<'deleteSuspensions'>('DELETE', '/suspensions'),
      /** Never suspends a number, a prefix or a country. */
      allow: change<'putAlwaysAllow'>('PUT', '/always-allow'),
      /** Takes that back. */
      disallow: change<'deleteAlwaysAllow'>('DELETE', '/always-allow'),
    },
    /** Shows what was sent and verified. */
    figures: (query: Query<'getFigures'> & CallOptions = {}) =>
      get<'getFigures'>('/figures', query),
    /** Shows what the key may do. */
    key: (options: CallOptions = {}) => get<'getKey'>('/key', options),
  }
}

/** With `limit` or `cursor` it asks for one page. */
type ListQuery = Query<'listDevices'> &
  CallOptions & { limit?: number | undefined; cursor?: string | undefined }
type Page = Result<'listDevices'> & { cursor?: string | null }

/** A user may have more devices than a page. */
async function list(ask: (query: ListQuery) => Promise<Page>, query: ListQuery): Promise<Page> {
  const page = await ask(query)
  if (!page.ok || !page.cursor || query.limit || query.cursor) return page
  const devices = [...page.devices]
  let cursor: string | null | undefined = page.cursor
  while (cursor) {
    const next: Page = await ask({ ...query, cursor })
    if (!next.ok) return next
    devices.push(...next.devices)
    cursor = next.cursor
  }
  return { ...page, devices, cursor: null }
}

function userPath(userId: string): string {
  return `/users/${encode(userId)}`
}

function devicesPath(userId: string): string {
  return `${userPath(userId)}/devices`
}

function devicePath(userId: string, deviceId: string): string {
  return `${devicesPath(userId)}/${encode(deviceId)}`
}

/** An id of dots alone would be a step in the path. */
function encode(id: string): string {
  if (typeof id === 'string' && /[^.]/.test(id)) return encodeURIComponent(id)
  throw new TypeError('An id must be text, and not dots alone.')
}

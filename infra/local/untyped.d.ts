// What infra/local uses of packages that have no types of their own.
declare module 'dynalite' {
  import type { Server } from 'node:http'

  function dynalite(options: { createTableMs?: number; path?: string | undefined }): Server
  export = dynalite
}

declare module 'dynalite/db/index.js' {
  interface Refusal extends Error {
    body: Record<string, unknown>
  }

  const db: {
    /** Null (or undefined) when the condition holds. Called while the item is locked. */
    checkConditional(
      request: Readonly<Record<string, unknown>>,
      item: Record<string, unknown> | undefined,
    ): Refusal | null | undefined
  }
  export = db
}

declare module 'dynalite/validations/*' {
  const validations: { types: Record<string, { type: string; enum?: string[] }> }
  export = validations
}

declare module 'serverless-offline' {
  class ServerlessOffline {
    start(): Promise<void>
  }
  export = ServerlessOffline
}

// The parts of untyped packages that infra/local uses.
declare module 'dynalite' {
  import type { Server } from 'node:http'

  function dynalite(options: { createTableMs?: number; path?: string | undefined }): Server
  export = dynalite
}

declare module 'dynalite/db/index.js' {
  import type { AttributeValue } from '@aws-sdk/client-dynamodb'

  interface Refusal extends Error {
    body: Record<string, unknown>
  }

  const db: {
    /** Null (or undefined) when the condition holds. Called while the item is locked. */
    checkConditional(
      request: Readonly<Record<string, unknown>>,
      item: Record<string, unknown> | undefined,
    ): Refusal | null | undefined
    /**
     * Called while the item is locked, just before every write of it. `item` is null
     * when it is deleted.
     */
    updateIndexes(
      store: unknown,
      table: { TableName: string; KeySchema: { AttributeName: string }[] },
      existing: Record<string, AttributeValue> | undefined,
      item: Record<string, AttributeValue> | null,
      done: (error?: Error) => void,
    ): void
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

declare module 'serverless-offline/lambda' {
  interface LambdaFunction {
    setEvent(event: unknown): void
    /** Rejects when the function throws or times out. */
    runHandler(): Promise<unknown>
  }

  class Lambda {
    /** Called with the functions of the resolved serverless.yml. */
    create(lambdas: { functionKey: string; functionDefinition: { events: object[] } }[]): void
    /** Returns an instance that is idle. */
    get(functionKey: string): LambdaFunction
  }
  export = Lambda
}

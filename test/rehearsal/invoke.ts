// A Lambda environment for one invocation: the parent gives it the environment of the deployed
// function, and sends the unpacked bundle, the handler's name and the event. What it logs is its
// output.
import { pathToFileURL } from 'node:url'

/** What the parent sends. */
export interface Invocation {
  /** Absolute path of the bundle. */
  bundle: string
  exportName: string
  event: object
  timeoutMs: number
}

process.once('message', async ({ bundle, exportName, event, timeoutMs }: Invocation) => {
  // As Lambda's runtime does, which so has the function made ready for its first request.
  const { [exportName]: handler } = await import(pathToFileURL(bundle).href)
  const deadline = Date.now() + timeoutMs
  const context = {
    awsRequestId: crypto.randomUUID(),
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    getRemainingTimeInMillis: () => deadline - Date.now(),
  }
  // An answer may be longer than what is sent at once.
  process.send?.(await handler(event, context), () => process.disconnect())
})

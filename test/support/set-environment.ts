/**
 * Makes the environment of the process what is given. The object stays: vitest's stubs and the SDK
 * hold it.
 */
export function setEnvironment(given: NodeJS.ProcessEnv): void {
  for (const name of Object.keys(process.env)) delete process.env[name]
  Object.assign(process.env, given)
}

// Test files share processes, which saves the loading of what they all need. So before each file
// what an earlier one left is taken back, and the code under test is loaded anew.
import { vi } from 'vitest'
import { setEnvironment } from './set-environment.ts'

declare global {
  var environmentOfProcess: NodeJS.ProcessEnv | undefined
}

vi.unstubAllEnvs()
vi.unstubAllGlobals()
vi.restoreAllMocks()
vi.useRealTimers()
vi.resetModules()
globalThis.environmentOfProcess ??= { ...process.env }
setEnvironment(globalThis.environmentOfProcess)

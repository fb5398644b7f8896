// A copy of everything that is deployed, for osls to build in: its folders and those of its plugins
// are the same for everyone in one repository, and npm start or a deploy may be at work there.
import { cp, mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

const repository = resolve(import.meta.dirname, '../..')

/** A copy; `remove` takes it away. */
export interface ServiceCopy {
  folder: string
  remove(): Promise<void>
}

/** Copies the service into a folder of its own, with the node_modules of the repository. */
export async function copyService(name: string): Promise<ServiceCopy> {
  const folder = await mkdtemp(join(tmpdir(), `otp-${name}-`))
  await copyServiceTo(folder)
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) }
}

/** Copies it into a folder that is there. */
export async function copyServiceTo(folder: string): Promise<void> {
  for (const part of [
    ...['serverless.yml', 'package.json', 'tsconfig.json'],
    ...['infra', 'functions', 'lib'],
  ]) {
    await cp(join(repository, part), join(folder, part), { recursive: true })
  }
  await symlink(join(repository, 'node_modules'), join(folder, 'node_modules'), 'junction')
}

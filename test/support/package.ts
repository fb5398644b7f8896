// What a deploy would upload: `serverless package` in a folder of its own, and the files in its zips.
import { execFile } from 'node:child_process'
import { cp, readdir, readFile, symlink } from 'node:fs/promises'
import { devNull } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { inflateRawSync } from 'node:zlib'

const repository = resolve(import.meta.dirname, '../..')

/** Copies what a deploy reads: the build folders of osls and its plugins are the same for all of one repository. */
export async function copyService(folder: string): Promise<void> {
  for (const name of ['serverless.yml', 'package.json', 'infra', 'functions', 'lib']) {
    await cp(join(repository, name), join(folder, name), { recursive: true })
  }
  await symlink(join(repository, 'node_modules'), join(folder, 'node_modules'), 'junction')
}

/** Runs osls in that folder as a stranger would who has neither AWS credentials nor any setting. */
export async function serverless(folder: string, ...args: string[]): Promise<string> {
  const bin = join(repository, 'node_modules/serverless/bin/serverless.js')
  const { stdout } = await promisify(execFile)(process.execPath, [bin, ...args], {
    cwd: folder,
    env: {
      PATH: process.env.PATH,
      HOME: folder,
      AWS_CONFIG_FILE: devNull,
      AWS_SHARED_CREDENTIALS_FILE: devNull,
      AWS_EC2_METADATA_DISABLED: 'true',
    },
    maxBuffer: 10_000_000,
  })
  return stdout
}

/** A function's zip as `serverless package` left it: its own size, and its files by name. */
export interface Zip {
  bytes: number
  files: Map<string, Buffer>
}

/** The zips that `serverless package` left in that folder, by file name. */
export async function readZips(folder: string): Promise<Map<string, Zip>> {
  const output = join(folder, '.serverless')
  const names = (await readdir(output)).filter(file => file.endsWith('.zip'))
  return new Map(
    await Promise.all(
      names.map(async name => {
        const zip = await readFile(join(output, name))
        return [name, { bytes: zip.length, files: readZip(zip) }] as const
      }),
    ),
  )
}

/** The files in a zip, by the offsets of APPNOTE.TXT §4.3: every machine has Node, not every one unzip. */
function readZip(zip: Buffer): Map<string, Buffer> {
  const end = zip.lastIndexOf('PK\x05\x06', undefined, 'latin1')
  const files = new Map<string, Buffer>()
  let at = zip.readUInt32LE(end + 16)
  for (let left = zip.readUInt16LE(end + 10); left > 0; left--) {
    const size = zip.readUInt32LE(at + 20)
    const nameLength = zip.readUInt16LE(at + 28)
    const local = zip.readUInt32LE(at + 42)
    const start = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28)
    const content = zip.subarray(start, start + size)
    const stored = zip.readUInt16LE(at + 10) === 0
    const name = zip.toString('utf8', at + 46, at + 46 + nameLength)
    files.set(name, stored ? content : inflateRawSync(content))
    at += 46 + nameLength + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32)
  }
  return files
}

// What a deploy would upload: `serverless package` in a folder of its own, and the files in its
// zips.
import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { devNull } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { readZip } from '../tools/zip.ts'

const repository = resolve(import.meta.dirname, '../..')

/** Runs osls in that folder as a stranger would who has no AWS credentials, and only a sender. */
export async function serverless(
  folder: string,
  args: string[],
  given: Record<string, string> = {},
): Promise<string> {
  const bin = join(repository, 'node_modules/serverless/bin/serverless.js')
  const { stdout } = await promisify(execFile)(process.execPath, [bin, ...args], {
    cwd: folder,
    env: {
      PATH: process.env.PATH,
      HOME: folder,
      GOGC: process.env.GOGC,
      NODE_COMPILE_CACHE: join(repository, 'node_modules/.cache/node'),
      AWS_REGION: 'eu-west-1',
      OTP_TWILIO_FROM: '+15005550006',
      ...given,
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

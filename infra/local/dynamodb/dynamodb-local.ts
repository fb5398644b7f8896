// AWS's own DynamoDB Local, from Maven Central into .local/. Where two engines
// disagree, this one decides.
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { cp, mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { type Engine, EngineMissing, startEngine } from './engine.ts'

const run = promisify(execFile)
const pom = resolve(import.meta.dirname, 'dynamodb-local.pom.xml')
const folder = resolve(import.meta.dirname, '../../../.local/dynamodb-local')
const oldestJava = 17

/**
 * Starts DynamoDB Local in memory. Rejects with EngineMissing where it cannot run or be fetched.
 */
export async function startDynamodbLocal(signal: AbortSignal): Promise<Engine> {
  const version = /<version>(\d+\.[\d.]+)</.exec(await readFile(pom, 'utf8'))?.[1]
  await assertJava()
  const jars = join(folder, `${version}`)
  if (!existsSync(jars)) await fetchJars(jars, signal)
  const server = 'com.amazonaws.services.dynamodbv2.local.main.ServerRunner'
  const java: [string, ...string[]] = ['java', `-Djava.library.path=${jars}`, '-cp']
  java.push(join(jars, '*'), server, '-inMemory', '-disableTelemetry', '-port')
  return startEngine(`DynamoDB Local ${version}`, port => [...java, String(port)], signal)
}

async function assertJava(): Promise<void> {
  const { stderr } = await run('java', ['-version']).catch(() => {
    throw new EngineMissing(`DynamoDB Local needs Java ${oldestJava}, and there is no java.`)
  })
  const found = Number(/version "(\d+)/.exec(stderr)?.[1] ?? 0)
  if (found < oldestJava) {
    throw new EngineMissing(
      `DynamoDB Local needs Java ${oldestJava}, and java is of version ${found}.`,
    )
  }
}

/** Copies the jars and native libraries. The folder appears only when it is complete. */
async function fetchJars(target: string, signal: AbortSignal): Promise<void> {
  await mkdir(folder, { recursive: true })
  const work = await mkdtemp(join(folder, 'fetch-'))
  try {
    await cp(pom, join(work, 'pom.xml'))
    await run('mvn', ['-q', '-B', 'dependency:copy-dependencies', '-DoutputDirectory=lib'], {
      cwd: work,
      signal,
      maxBuffer: 64 * 1024 * 1024,
    })
    await rename(join(work, 'lib'), target)
  } catch (error) {
    throw new EngineMissing(
      (error as NodeJS.ErrnoException).code === 'ENOENT'
        ? 'DynamoDB Local is fetched with Maven, and there is no mvn.'
        : 'Maven could not fetch com.amazonaws:DynamoDBLocal: is there a network?',
    )
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

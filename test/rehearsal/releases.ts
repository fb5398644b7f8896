// Functions of a released version among those of today, as in an upgrade and in its undoing: their
// code is replaced as an operator replaces it, and comes back with serverless rollback.
import { createHash } from 'node:crypto'
import { dirname } from 'node:path'
import { type KeptFunction, readReleased } from '../releases/kept.ts'
import { makeZip } from '../tools/zip.ts'
import type { Aws } from './aws.ts'
import type { Deployed } from './deployed.ts'
import { readBack, type Stand, serverless } from './stand.ts'
import { challengeDevice, verifyDevice, type Walk } from './walk.ts'

const version = '0.2.0'

/** Where the code and the settings are taken back to, and the stage before that. */
export interface Rollback {
  /** As it was deployed with the same settings, some deploys ago. */
  earlier: Deployed
  /** As it is. */
  now: Deployed
}

/** Checks old beside new, and the way back; gives the stage as it is then. */
export async function checkRelease(
  stand: Stand,
  walk: Walk,
  { earlier, now }: Rollback,
): Promise<Deployed> {
  const { aws, report } = stand
  const oldVerify = await replaceCode(aws, now, 'verify')
  report.check(`verify has the code of ${version}`, ['verify'], changedCode(now, oldVerify))
  const first = await challengeDevice(walk, '+14155552672')
  const verified = await verifyDevice({ ...walk, deployed: oldVerify }, first)
  report.check(
    "a token of today's challenge, verified by the old verify",
    [200, true],
    [verified.status, verified.body?.verified],
  )
  const again = await verifyDevice({ ...walk, deployed: now }, first)
  report.check("it is used up for today's verify", 403, again.status)

  const oldChallenge = await replaceCode(aws, now, 'challenge')
  report.check(
    `challenge has the code of ${version}`,
    ['challenge'],
    changedCode(now, oldChallenge),
  )
  const second = await challengeDevice({ ...walk, deployed: oldChallenge }, '+14155552673')
  const answered = await verifyDevice({ ...walk, deployed: now }, second)
  report.check(
    "a token of the old challenge, verified by today's verify",
    [200, true],
    [answered.status, answered.body?.verified],
  )
  const third = await challengeDevice({ ...walk, deployed: oldChallenge }, '+14155552674')

  await serverless(stand, {
    of: 'service',
    place: now.place,
    args: ['rollback', '--timestamp', timestampOf(earlier)],
  })
  const back = await readBack(stand, now.place)
  report.check('serverless rollback: the stack', 'UPDATE_COMPLETE', back.status)
  report.check('serverless rollback: code that is not as deployed', [], changedCode(now, back))
  const environments = ({ functions }: Deployed) => functions.map(one => one.environment)
  report.check(
    'serverless rollback: the environment of every function',
    environments(earlier),
    environments(back),
    'as in the deploy that it goes back to',
  )
  report.check('serverless rollback: tables', now.parameters, back.parameters, 'the same')
  const late = await verifyDevice({ ...walk, deployed: back }, third)
  report.check(
    'a token that the old challenge sent before that',
    [200, true],
    [late.status, late.body?.verified],
  )
  return back
}

/** The functions of another code. */
function changedCode(before: Deployed, after: Deployed): string[] {
  return after.functions
    .filter((one, at) => one.code.sha256 !== before.functions[at]?.code.sha256)
    .map(({ name }) => name)
}

/** Gives a deployed function the code of the release, as `aws lambda update-function-code` does. */
async function replaceCode(aws: Aws, deployed: Deployed, name: KeptFunction): Promise<Deployed> {
  const replaced = deployed.functions.find(one => one.name === name)!
  const zip = makeZip(`functions/${name}.cjs`, readReleased(version, name))
  const key = `${dirname(replaced.code.key)}/${name}-${version}.zip`
  await aws.put(`/${deployed.bucket}/${key}`, zip)
  const { CodeSha256 } = await aws.rest(
    'lambda',
    `/2015-03-31/functions/${replaced.functionName}/code`,
    { S3Bucket: deployed.bucket, S3Key: key },
  )
  const sha256 = createHash('sha256').update(zip).digest('base64')
  if (CodeSha256 !== sha256) throw new Error(`${name} did not get the code of ${version}.`)
  const code = { bucket: deployed.bucket, key, sha256 }
  const functions = deployed.functions.map(one => (one === replaced ? { ...one, code } : one))
  return { ...deployed, functions }
}

/** osls names the folder of a deploy by it. */
function timestampOf({ functions }: Deployed): string {
  return /\/(\d{13})-/.exec(functions[0]?.code.key ?? '')?.[1] ?? ''
}

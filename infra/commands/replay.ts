// npm run replay: puts in again what the readers of the stream could not do, from the bucket where
// its records are kept.
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { parseJson } from '../../lib/json.ts'
import { command, type Run, readFlags } from './command.ts'
import { type Kept, openBucket } from './replay/bucket.ts'
import { type AwsError, failureOf, nameOf, openStage, type Stage, stageFlags } from './stage.ts'

const help = `Usage: npm run replay -- --stage <stage> [options]

Hands the records that were kept to the functions traffic and audit of the stage again, and deletes those that are
done. Figures and the breaker count each once, however often it is run; events and metrics come at least once.

  --stage <stage>    the stage whose records are put in again
  --list             only say how many there are
  --region <region>  region of the stage (default: OTP_REGION, AWS_REGION, or the profile's)
  --help             this text

Find out first why they were kept: the alarms traffic-failures and audit-failures, and the logs of both, say it.`

/** As many as the stream hands over at once. */
const mostRecords = 100

/** Lambda's time-out of a reader, and a little more. */
const invocationMs = 12_000

/** Puts the kept records of a stage in again. */
export const replay = command(async run => {
  const options = readFlags(run.args, {
    stage: stageFlags.stage,
    region: stageFlags.region,
    list: { type: 'boolean' },
    help: { type: 'boolean' },
  })
  if (options.help) {
    run.print(help)
    return 0
  }
  const stage = await openStage(options, run)
  const bucket = await openBucket(stage)
  const kept = await Promise.all(
    (await bucket.list()).map(async key => (await bucket.read(key)) ?? key),
  )
  const [strange, known] = [kept.filter(one => typeof one === 'string'), kept.filter(isKept)]
  run.print(`${bucket.place} keeps ${countOf(known)}.`)
  for (const key of strange) run.print(`  ${key} is nothing that a reader left.`)
  if (options.list) return 0
  let left = strange.length
  for (const one of known.toSorted(byAge)) {
    const failure = await handOver(one, stage, run)
    if (failure === null) await bucket.remove(one.key)
    else left += 1
    run.print(`  ${one.key}: ${failure ?? 'done'}`)
  }
  return left === 0 ? 0 : 1
})

function isKept(one: Kept | string): one is Kept {
  return typeof one !== 'string'
}

function countOf(kept: Kept[]): string {
  const of = (name: string) =>
    kept
      .filter(({ reader }) => reader === name)
      .reduce((sum, { records }) => sum + records.length, 0)
  return `${of('traffic')} records that were not counted, and ${of('audit')} of which no event was put`
}

/** Numbers of the stream, as long as these are, are of no number type. */
function byAge(a: Kept, b: Kept): number {
  const [first = '', second = ''] = [a, b].map(
    ({ records }) => records[0]?.dynamodb?.SequenceNumber,
  )
  return first.length - second.length || (first < second ? -1 : 1)
}

/** Returns null when all is done, otherwise why not. */
async function handOver(
  { reader, unfinished, records }: Kept,
  stage: Stage,
  { deadlines }: Run,
): Promise<string | null> {
  const { requestHandler, ...options } = stage.clientOptions('LAMBDA')
  const FunctionName = `${stage.deployment.stack}-${reader}`
  const waits = { requestTimeout: invocationMs, socketTimeout: invocationMs }
  const lambda = new LambdaClient({
    ...options,
    maxAttempts: 1,
    requestHandler: { ...requestHandler, ...(deadlines.awsMs < invocationMs && waits) },
  })
  for (let from = 0; from < records.length; from += mostRecords) {
    const event = { Records: records.slice(from, from + mostRecords), replay: unfinished }
    const place = `${FunctionName} (${stage.region})`
    const answer = await lambda
      .send(new InvokeCommand({ FunctionName, Payload: JSON.stringify(event) }))
      .catch((error: AwsError) => {
        const otherwise = `${place} could not be invoked (${nameOf(error)}).`
        throw new Error(failureOf(error, { permission: 'lambda:InvokeFunction', place, otherwise }))
      })
    if (answer.FunctionError) return 'the function failed; its log says why'
    const text = answer.Payload?.transformToString() ?? ''
    const { batchItemFailures } = Object(parseJson(text))
    if (batchItemFailures?.length !== 0) return 'not all could be read or put; it stays'
  }
  return null
}

if (import.meta.main) process.exitCode = await replay(process.argv.slice(2), process.env, process)

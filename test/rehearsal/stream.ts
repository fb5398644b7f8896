// The stream at work: its records are read where Lambda reads them, handed to the functions that
// were deployed, and what these put on the event bus comes out of a queue behind a rule.
import type { Answer, Aws } from './aws.ts'
import { account, region } from './aws.ts'
import type { Deployed } from './deployed.ts'
import type { DeployedApi } from './lambda.ts'
import type { Report } from './report.ts'

interface Heard {
  aws: Aws
  deployed: Deployed
  api: DeployedApi
  /** The types of the events that must come, in the order of the writes. */
  events: string[]
  /** Name of the event bus. */
  bus?: string
}

/** Hands over what was written since the deploy, and checks what was told of it. */
export async function checkAudit(
  report: Report,
  { aws, deployed, api, events, bus = 'default' }: Heard,
): Promise<void> {
  const Records = await readStream(aws, deployed.data.outputs.DevicesStream ?? '')
  const listener = await listen(aws, bus)
  const done = { batchItemFailures: [] }
  report.check('traffic takes the stream', done, await api.handOver('traffic', { Records }))
  report.check('audit takes the stream', done, await api.handOver('audit', { Records }))
  const told = await listener.hear()
  report.check(
    bus === 'default' ? 'the event bus was told' : `the event bus ${bus} was told`,
    events,
    told.map(event => event['detail-type']),
  )
  report.check(
    'of this stage, and each once',
    [[deployed.stage], told.length],
    [
      [...new Set(told.map(({ detail }) => detail.stage))],
      new Set(told.map(({ detail }) => detail.id)).size,
    ],
  )
  await listener.end()
}

/** All records of the one shard that moto has. */
async function readStream(aws: Aws, StreamArn: string): Promise<Answer[]> {
  const streams = (operation: string, input: object) =>
    aws.json('dynamodb', `DynamoDBStreams_20120810.${operation}`, input)
  const { StreamDescription } = await streams('DescribeStream', { StreamArn })
  const [{ ShardId }] = StreamDescription.Shards
  const given = { StreamArn, ShardId, ShardIteratorType: 'TRIM_HORIZON' }
  const { ShardIterator } = await streams('GetShardIterator', given)
  return (await streams('GetRecords', { ShardIterator })).Records
}

/** A queue behind a rule for our events. */
async function listen(aws: Aws, EventBusName: string) {
  const events = (operation: string, input: object) =>
    aws.json('events', `AWSEvents.${operation}`, input)
  const sqs = (operation: string, input: object) => aws.json('sqs', `AmazonSQS.${operation}`, input)
  const name = 'rehearsal-listener'
  const QueueUrl = `${aws.url}/${account}/${name}`
  const target = { Id: 'queue', Arn: `arn:aws:sqs:${region}:${account}:${name}` }
  await sqs('CreateQueue', { QueueName: name })
  await events('PutRule', {
    ...{ Name: name, EventBusName },
    EventPattern: '{"source":["serverless-otp-twilio"]}',
  })
  await events('PutTargets', { Rule: name, EventBusName, Targets: [target] })
  return {
    /** What came, in the order of the writes. */
    async hear(): Promise<Answer[]> {
      const { Messages = [] } = await sqs('ReceiveMessage', { QueueUrl, MaxNumberOfMessages: 10 })
      const heard: Answer[] = Messages.map(({ Body }: Answer) => JSON.parse(Body))
      return heard.sort((one, other) =>
        Number(BigInt(one.detail.sequenceNumber) - BigInt(other.detail.sequenceNumber)),
      )
    },
    async end() {
      await events('RemoveTargets', { Rule: name, EventBusName, Ids: [target.Id] })
      await events('DeleteRule', { Name: name, EventBusName })
      await sqs('DeleteQueue', { QueueUrl })
    },
  }
}

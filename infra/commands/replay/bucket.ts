// The bucket of what the readers of the stream kept, and what Lambda kept for them. Its objects
// hold items of devices: nothing of them is printed.
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation'
import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  S3Client,
} from '@aws-sdk/client-s3'
import type { DynamoDBRecord } from 'aws-lambda'
import { parseJson } from '../../../lib/json.ts'
import type { Reader, Unfinished } from '../../../lib/stream/kept.ts'
import { type AwsError, failureOf, nameOf, type Stage } from '../stage.ts'

/** An object of the bucket, read. */
export interface Kept {
  key: string
  reader: Reader
  unfinished: Unfinished
  records: DynamoDBRecord[]
}

/** The bucket of a stage. */
export interface KeptBucket {
  place: string
  /** All keys, oldest name first. */
  list(): Promise<string[]>
  /** Null where it is nothing that a reader or Lambda left. */
  read(key: string): Promise<Kept | null>
  remove(key: string): Promise<void>
}

/** Finds the bucket. Throws one sentence. */
export async function openBucket(stage: Stage): Promise<KeptBucket> {
  const Bucket = await bucketOf(stage)
  const place = `${Bucket} (${stage.region})`
  const client = new S3Client(stage.clientOptions('S3'))
  const failed = (permission: string, what: string) => (error: AwsError) => {
    const otherwise = `${place} could not be ${what} (${nameOf(error)}).`
    throw new Error(failureOf(error, { permission, place, otherwise }))
  }
  return {
    place,
    async list() {
      const keys: string[] = []
      let ContinuationToken: string | undefined
      do {
        const page = await client
          .send(
            new ListObjectsV2Command({ Bucket, ...(ContinuationToken && { ContinuationToken }) }),
          )
          .catch(failed('s3:ListBucket', 'listed'))
        keys.push(...(page.Contents ?? []).flatMap(({ Key }) => Key ?? []))
        ContinuationToken = page.NextContinuationToken
      } while (ContinuationToken)
      return keys
    },
    async read(Key) {
      const { Body } = await client
        .send(new GetObjectCommand({ Bucket, Key }))
        .catch(failed('s3:GetObject', 'read'))
      return readKept(Key, (await Body?.transformToString()) ?? '')
    },
    async remove(Key) {
      await client
        .send(new DeleteObjectCommand({ Bucket, Key }))
        .catch(failed('s3:DeleteObject', 'emptied'))
    },
  }
}

async function bucketOf(stage: Stage): Promise<string> {
  const StackName = stage.deployment.stack
  const place = `${StackName} (${stage.region})`
  const client = new CloudFormationClient(stage.clientOptions('CLOUDFORMATION'))
  const { Stacks = [] } = await client
    .send(new DescribeStacksCommand({ StackName }))
    .catch((error: AwsError) => {
      const otherwise = `The bucket of ${place} could not be found (${nameOf(error)}).`
      const permission = 'cloudformation:DescribeStacks'
      throw new Error(failureOf(error, { permission, place, otherwise }))
    })
  const bucket = Stacks[0]?.Outputs?.find(({ OutputKey }) => OutputKey === 'KeptRecords')
  if (bucket?.OutputValue) return bucket.OutputValue
  throw new Error(
    `The stack ${place} has no output KeptRecords: npm run deploy -- --stage ${stage.name} makes the bucket.`,
  )
}

/** Reads an object, of a reader or of Lambda, whose payload may be text. */
function readKept(key: string, text: string): Kept | null {
  const { reader, unfinished = { part: 'all' }, requestContext, payload } = Object(parseJson(text))
  const { Records } = Object(typeof payload === 'string' ? parseJson(payload) : payload)
  const by = reader ?? /-(traffic|audit)(:|$)/.exec(requestContext?.functionArn ?? '')?.[1]
  if ((by !== 'traffic' && by !== 'audit') || !Array.isArray(Records)) return null
  return { key, reader: by, unfinished, records: Records }
}

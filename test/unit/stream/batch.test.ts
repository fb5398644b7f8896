// What a reader takes of a batch, and from where it begins again.
import type { DynamoDBRecord } from 'aws-lambda'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { readBatch } from '../../../lib/stream/batch.ts'
import { keepRecords } from '../../../lib/stream/kept.ts'
import { type Bucket, startBucket } from '../../support/bucket.ts'

let bucket: Bucket
let lines: string[]

beforeEach(async () => {
  bucket = await startBucket()
  lines = []
  vi.stubEnv('KEPT_RECORDS_URL', bucket.url)
  vi.stubEnv('AWS_REGION', 'eu-west-1')
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'local')
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'local')
  vi.stubEnv('POWERTOOLS_METRICS_NAMESPACE', 'test')
  vi.spyOn(process.stdout, 'write').mockImplementation(line => lines.push(String(line)) > 0)
  vi.spyOn(process.stderr, 'write').mockImplementation(line => lines.push(String(line)) > 0)
})

afterEach(() => {
  bucket.close()
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
})

const good = (n: number) => ({ eventID: `good ${n}`, dynamodb: { SequenceNumber: `1${n}` } })
const bad = (n: number) => ({ eventID: `bad${n}`, dynamodb: { SequenceNumber: `2${n}` } })

function read({ eventID = '' }: DynamoDBRecord): string {
  if (eventID.startsWith('bad')) throw new Error('It is in no form of ours.')
  return eventID
}

const batch = [good(1), bad(1), good(2), bad(2)]

describe('a batch with records that cannot be read', () => {
  it('goes on past them where they can be kept', async () => {
    const taken = await readBatch('audit', { Records: batch }, read)

    expect(taken).toEqual({
      ...{ read: ['good 1', 'good 2'], records: [good(1), good(2)], failed: null },
    })
    expect([...bucket.objects.keys()]).toEqual(['audit/all/bad1.json'])
  })

  it('ends before the first of them where they cannot', async () => {
    bucket.takes = () => false

    const taken = await readBatch('audit', { Records: batch }, read)

    expect(taken).toEqual({ read: ['good 1'], records: [good(1)], failed: '21' })
  })

  it('ends before the first of them in a replay, which keeps nothing again', async () => {
    const taken = await readBatch('audit', { Records: batch, replay: { part: 'all' } }, read)

    expect(taken).toEqual({ read: ['good 1'], records: [good(1)], failed: '21' })
    expect(bucket.requests).toEqual([])
  })

  it('begins again whole where the first of them has no number', async () => {
    const taken = await readBatch(
      'audit',
      { Records: [{ eventID: 'bad' }], replay: { part: 'all' } },
      read,
    )

    expect(taken).toEqual({ read: [], records: [], failed: '' })
  })
})

it('of no records nothing is kept', async () => {
  expect(await keepRecords('traffic', [])).toBe(true)
  expect(bucket.requests).toEqual([])
})

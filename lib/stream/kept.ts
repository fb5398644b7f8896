// Keeps the records that a reader of the stream passed over, in the bucket where Lambda leaves the
// batches that failed: `npm run replay` puts both in again. The bucket lets the readers write and
// nothing else. Signed here, because the SDK's client of S3 is larger than a whole reader.
import { SignatureV4 } from '@smithy/signature-v4'
import type { DynamoDBRecord } from 'aws-lambda'
import { Sha256 } from '../dynamodb/sha256.ts'
import { countOutcome, describeError, logger } from '../log.ts'
import { awsCaller, keptRecordsUrl } from '../settings/stage.ts'

/** The functions that read the stream. */
export type Reader = 'traffic' | 'audit'

/**
 * What of records is to be done again: everything, or what could not be written, the slices of the
 * breaker or the figures of these hours.
 */
export type Unfinished = { part: 'all' | 'slices' } | { part: 'figures'; hours: string[] }

/** What is kept. Lambda's own objects have `payload`, too, and more beside it. */
export interface KeptRecords {
  reader: Reader
  unfinished: Unfinished
  payload: { Records: DynamoDBRecord[] }
}

/** Milliseconds of one try; there are two. */
const tryMs = 1_000

/**
 * Keeps records. Returns false where the bucket did not take them. Never throws. Where the stage
 * has no bucket, as on a developer's machine, the log is all there is.
 */
export async function keepRecords(
  reader: Reader,
  records: DynamoDBRecord[],
  unfinished: Unfinished = { part: 'all' },
): Promise<boolean> {
  const url = keptRecordsUrl()
  const [first] = records
  if (url === null || first === undefined) return true
  const kept: KeptRecords = { reader, unfinished, payload: { Records: records } }
  // The same records have the same name, so a batch that comes again keeps nothing twice.
  const target = new URL(`${reader}/${unfinished.part}/${first.eventID}.json`, url)
  const put = () => putObject(target, JSON.stringify(kept))
  try {
    await put().catch(put)
    countOutcome(reader, 'kept', records.length)
    return true
  } catch (error) {
    logger.error('records not kept', { part: unfinished.part, error: describeError(error) })
    countOutcome(reader, 'not_kept', records.length)
    return false
  }
}

async function putObject({ protocol, host, pathname }: URL, body: string): Promise<void> {
  const signer = new SignatureV4({
    ...awsCaller(),
    ...{ service: 's3', sha256: Sha256, uriEscapePath: false },
  })
  const { headers } = await signer.sign({
    method: 'PUT',
    protocol,
    hostname: host,
    path: pathname,
    headers: { host, 'content-type': 'application/json' },
    body,
  })
  const signal = AbortSignal.timeout(tryMs)
  const answer = await fetch(`${protocol}//${host}${pathname}`, {
    method: 'PUT',
    headers,
    body,
    signal,
  })
  if (!answer.ok) throw new Refused(answer.status)
}

class Refused extends Error {
  readonly code: number
  constructor(status: number) {
    super('The bucket did not take the records.')
    this.name = 'Refused'
    this.code = status
  }
}

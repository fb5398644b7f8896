// A stand-in for a bucket of S3 over HTTP: it takes, lists, gives and deletes objects, with the
// bucket in the path, as the SDK asks for it under an IP address.
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

/** A running stand-in. */
export interface Bucket {
  /** Of the service. */
  endpoint: string
  /** Of the bucket, as the readers are given it. */
  url: string
  name: string
  /** By key. */
  objects: Map<string, string>
  /** Every request that arrived, such as `PUT audit/all/1.json`, answered or not. */
  requests: string[]
  /** Asked for each request; false answers 503. */
  takes: (request: string) => boolean
  close(): void
}

const signed =
  /^AWS4-HMAC-SHA256 Credential=[\w-]+\/\d{8}\/[\w-]+\/s3\/aws4_request, SignedHeaders=\S*host/

/** Starts a stand-in without objects. */
export async function startBucket(name = 'kept'): Promise<Bucket> {
  const server = http.createServer(async (message, response) => {
    response.on('error', () => {})
    const body = await text(message)
    const { pathname, searchParams } = new URL(message.url ?? '', bucket.endpoint)
    const key = decodeURIComponent(pathname.slice(name.length + 2))
    const request = `${message.method} ${key || searchParams.get('prefix') || ''}`.trim()
    bucket.requests.push(request)
    const refuse = (status: number, code: string) => {
      response.writeHead(status, { 'content-type': 'application/xml' })
      response.end(`<Error><Code>${code}</Code><Message>canary</Message></Error>`)
    }
    if (!signed.test(message.headers.authorization ?? '')) return refuse(403, 'AccessDenied')
    if (!bucket.takes(request)) return refuse(503, 'SlowDown')
    if (message.method === 'PUT') bucket.objects.set(key, body)
    if (message.method === 'DELETE') bucket.objects.delete(key)
    if (message.method !== 'GET') return response.writeHead(200).end()
    if (key === '') return response.end(listing([...bucket.objects.keys()]))
    const found = bucket.objects.get(key)
    return found === undefined ? refuse(404, 'NoSuchKey') : response.end(found)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const bucket: Bucket = {
    ...{ endpoint, url: `${endpoint}/${name}/`, name },
    objects: new Map(),
    requests: [],
    takes: () => true,
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
  return bucket
}

function listing(keys: string[]): string {
  const contents = keys
    .toSorted()
    .map(key => `<Contents><Key>${key}</Key><Size>1</Size></Contents>`)
    .join('')
  return `<ListBucketResult><IsTruncated>false</IsTruncated><KeyCount>${keys.length}</KeyCount>${contents}</ListBucketResult>`
}

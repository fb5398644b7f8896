// A stand-in for a bucket of S3 over HTTP: it takes, lists, gives and deletes objects, with the
// bucket in the path, as the SDK asks for it under an IP address.
import { createHash, createHmac } from 'node:crypto'
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
  /^AWS4-HMAC-SHA256 Credential=([\w-]+)\/(\d{8}\/[\w-]+\/s3\/aws4_request), SignedHeaders=(\S*host\S*), Signature=(\w+)$/

/** Those of functions and of commands in tests, by the id of the access key. */
const secrets: Record<string, string> = { local: 'local', 'canary-access-key': 'canary-secret-key' }

const hash = (data: string) => createHash('sha256').update(data).digest('hex')
const hmac = (key: string | Buffer, data: string) => createHmac('sha256', key).update(data).digest()

/** Whether a request is signed as S3 wants it: AWS Signature Version 4, each name encoded once. */
function isSigned({ method, url = '', headers }: http.IncomingMessage, body: string): boolean {
  const [, caller = '', scope = '', names = '', signature] =
    signed.exec(headers.authorization ?? '') ?? []
  const { 'x-amz-content-sha256': bodyHash, 'x-amz-date': date } = headers
  if (bodyHash !== hash(body)) return false
  const [path = '', query = ''] = url.split('?')
  const parts = query
    .split('&')
    .map(part => (part === '' || part.includes('=') ? part : `${part}=`))
  const values = names.split(';').map(name => `${name}:${String(headers[name]).trim()}\n`)
  const request = [method, path, parts.sort().join('&'), values.join(''), names, bodyHash]
  const toSign = ['AWS4-HMAC-SHA256', date, scope, hash(request.join('\n'))].join('\n')
  const key = scope.split('/').reduce<string | Buffer>(hmac, `AWS4${secrets[caller]}`)
  return hmac(key, toSign).toString('hex') === signature
}

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
    if (!isSigned(message, body)) return refuse(403, 'SignatureDoesNotMatch')
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

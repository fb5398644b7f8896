// An HTTP proxy between the SDK and the engine that only counts, by operation.
import http from 'node:http'
import type { AddressInfo } from 'node:net'

/** Starts a proxy to an engine; `operations` grows by one name a request, such as UpdateItem. */
export async function startCountingProxy(target: string) {
  const operations: string[] = []
  const server = http.createServer((request, response) => {
    operations.push(String(request.headers['x-amz-target']).split('.')[1] ?? '')
    const { method, headers } = request
    const onward = http.request(`${target}${request.url}`, { method: method!, headers }, answer => {
      // Where a test stops the clock, the engine's Date would make the SDK correct its own, and try again.
      const { date, ...rest } = answer.headers
      response.sendDate = false
      response.writeHead(answer.statusCode!, rest)
      answer.pipe(response)
    })
    request.pipe(onward)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    operations,
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}

// Serves the page and Cognito's client to it. There is no backend: the page speaks with Cognito.
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'

const {
  PORT = '3004',
  COGNITO = 'http://127.0.0.1:8030', // empty is AWS's own
  POOL = 'local_Demo',
  CLIENT = 'demo',
  FLOW = 'password-sms',
} = process.env

const settings = { endpoint: COGNITO || undefined, pool: POOL, client: CLIENT, flow: FLOW }
const client = createRequire(import.meta.url).resolve(
  'amazon-cognito-identity-js/dist/amazon-cognito-identity.min.js',
)
const read = path => readFileSync(path, 'utf8')
const files = {
  '/': ['text/html', read(new URL('index.html', import.meta.url))],
  '/client.js': ['text/javascript', read(client)],
  '/settings.js': ['text/javascript', `const settings = ${JSON.stringify(settings)}`],
}

const server = createServer((request, response) => {
  const [type, text] = files[request.url] ?? []
  response.writeHead(type ? 200 : 404, { 'content-type': `${type ?? 'text/plain'}; charset=utf-8` })
  response.end(text)
})
server.listen(Number(PORT), '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${server.address().port}`)
})

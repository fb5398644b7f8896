// Twilio as the deployed functions meet it: the stand-in behind TLS, for outside of development
// they take no other OTP_TWILIO_URL. The certificate is made for this one rehearsal.
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import http from 'node:http'
import https from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { startTwilioStandIn, type TwilioStandIn } from '../../infra/local/twilio/stand-in.ts'

/** The stand-in, at an https URL. */
export interface RehearsedTwilio extends Pick<TwilioStandIn, 'messages' | 'requests'> {
  url: string
  /** File of the certificate, for NODE_EXTRA_CA_CERTS. */
  certificate: string
  close(): Promise<void>
}

/**
 * Starts it; the certificate is made by the Python of this folder of programs and kept in `folder`.
 */
export async function startTwilio(python: string, folder: string): Promise<RehearsedTwilio> {
  const script = join(import.meta.dirname, 'certificate.py')
  const { stdout: pem } = await promisify(execFile)(join(python, 'python'), ['-B', script])
  const certificate = join(folder, 'twilio.pem')
  const start = pem.indexOf('-----BEGIN CERTIFICATE')
  await writeFile(certificate, pem.slice(start))

  const twilio = await startTwilioStandIn()
  const front = https.createServer({ key: pem, cert: pem }, (request, response) => {
    const { method, headers, url } = request
    const onward = http.request(
      `${twilio.url}${url}`,
      { method: method ?? 'GET', headers },
      answer => {
        response.writeHead(answer.statusCode ?? 502, answer.headers)
        answer.pipe(response)
      },
    )
    request.pipe(onward)
  })
  await once(front.listen(0, '127.0.0.1'), 'listening')
  const { port } = front.address() as AddressInfo
  const { messages, requests } = twilio
  const close = async () => {
    front.closeAllConnections()
    front.close()
    await twilio.close()
  }
  return { url: `https://127.0.0.1:${port}`, certificate, messages, requests, close }
}

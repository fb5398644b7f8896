// From an empty account to a verified token, over the routes and through the functions that were
// deployed, with the key that npm run api-key printed.
import { setTimeout as wait } from 'node:timers/promises'
import type { Aws } from './aws.ts'
import { type Deployed, dynamodb } from './deployed.ts'
import { type ApiAnswer, openDeployedApi } from './lambda.ts'
import type { Report } from './report.ts'
import { checkAudit } from './stream.ts'
import type { RehearsedTwilio } from './twilio.ts'

/** The device that was verified. */
export interface VerifiedDevice {
  userId: string
  deviceId: string
}

/** What the walk needs. */
export interface Walk {
  aws: Aws
  deployed: Deployed
  twilio: RehearsedTwilio
  /** The API key as it was printed. */
  key: string
  twilioKeySid: string
  /** Where the deployed zips are unpacked. */
  folder: string
}

/** Registers, challenges and verifies a device, and gives it. */
export async function walkToVerified(report: Report, walk: Walk): Promise<VerifiedDevice> {
  const { aws, deployed, twilio, key } = walk
  const api = openApi(walk)
  const number = '+14155552671'
  const userId = 'alice'
  const devices = `/users/${userId}/devices`

  const stranger = await api.call({ method: 'POST', path: devices, body: { number } })
  report.check('register without a key', 401, stranger.status)

  const registered = await api.call({ method: 'POST', path: devices, key, body: { number } })
  report.check('register', 201, registered.status)
  const deviceId = String(registered.body.id)
  const device = `${devices}/${deviceId}`

  const challenged = await api.call({ method: 'POST', path: `${device}/challenge`, key })
  report.check('challenge', 200, challenged.status)
  const [sms] = twilio.messages.filter(({ to }) => to === number)
  const token = sms?.body ?? ''
  report.check(
    'Twilio was sent one SMS with six digits',
    [1, true],
    [twilio.messages.length, /^\d{6}$/.test(token)],
  )
  const [sent] = twilio.requests.filter(({ path }) => path.endsWith('/Messages.json'))
  report.check('Twilio was shown the API key of SSM', true, sent?.username === walk.twilioKeySid)

  const wrong = token === '123456' ? '654321' : '123456'
  const verify = (guess: string) =>
    api.call({ method: 'POST', path: `${device}/verify`, key, body: { token: guess } })
  const guessed = await verify(wrong)
  report.check('verify a wrong token', [403, 'invalid_token'], codeOf(guessed))
  const locked = await verify(token)
  report.check('verify at once again', [429, 'throttled'], codeOf(locked))
  const { lockedUntil } = guessed.body
  if (lockedUntil) await wait(Math.max(0, Date.parse(lockedUntil) - Date.now()) + 50)
  const verified = await verify(token)
  report.check('verify the right token', [200, true], [verified.status, verified.body.verified])
  report.check('verify it again', [403, 'no_token'], codeOf(await verify(token)))

  const item = await readItem(walk, { userId, deviceId })
  report.check('the device in the deployed table is confirmed', true, item?.confirmed?.BOOL)
  if (deployed.routes['GET /openapi.json']) {
    const { status, body } = await api.call({ method: 'GET', path: '/openapi.json' })
    report.check(
      'the API describes itself without a key',
      [200, '3.1'],
      [status, String(body?.openapi).slice(0, 3)],
    )
  }
  const nowhere = await api.call({ method: 'GET', path: '/nowhere', key })
  report.check('a route that there is not', [404, 'route_not_found'], codeOf(nowhere))
  // After the token was verified it was tried again.
  await checkAudit(report, {
    ...{ aws, deployed, api },
    events: [
      'Device Created',
      'Challenge Started',
      'Verification Failed',
      'Token Verified',
      'Device Confirmed',
    ],
  })
  report.check(
    'secrets in the log of the functions',
    [],
    [
      ...Object.entries({ token, number, 'the API key': key })
        .filter(([, secret]) => secret !== '' && api.log().includes(secret))
        .map(([name]) => name),
    ],
  )
  return { userId, deviceId }
}

/** The API of what is deployed. */
export function openApi({ aws, deployed, folder, twilio }: Walk) {
  return openDeployedApi(aws, deployed, { folder, certificate: twilio.certificate })
}

/** A device that waits for its token. */
export interface ChallengedDevice extends VerifiedDevice {
  token: string
}

/** Registers a device of that number and challenges it; gives it with the token that was sent. */
export async function challengeDevice(walk: Walk, number: string): Promise<ChallengedDevice> {
  const api = openApi(walk)
  const { key } = walk
  const userId = `user-of-${number.slice(-4)}`
  const path = `/users/${userId}/devices`
  const registered = await api.call({ method: 'POST', path, key, body: { number } })
  const deviceId = String(registered.body?.id)
  await api.call({ method: 'POST', path: `${path}/${deviceId}/challenge`, key })
  const sms = walk.twilio.messages.findLast(({ to }) => to === number)
  return { userId, deviceId, token: /\d{6}/.exec(sms?.body ?? '')?.[0] ?? '' }
}

/** Verifies its token. */
export async function verifyDevice(walk: Walk, device: ChallengedDevice): Promise<ApiAnswer> {
  const { userId, deviceId, token } = device
  const path = `/users/${userId}/devices/${deviceId}/verify`
  return openApi(walk).call({ method: 'POST', path, key: walk.key, body: { token } })
}

/** The device's item in the deployed table, as DynamoDB writes it, or nothing. */
export async function readItem(
  { aws, deployed }: Pick<Walk, 'aws' | 'deployed'>,
  { userId, deviceId }: VerifiedDevice,
) {
  const { Item } = await dynamodb(aws, 'GetItem', {
    TableName: deployed.data.outputs.DevicesTable,
    Key: { userId: { S: userId }, deviceId: { S: deviceId } },
    ConsistentRead: true,
  })
  return Item
}

function codeOf({ status, body }: { status: number; body: { code?: string } }) {
  return [status, body?.code]
}

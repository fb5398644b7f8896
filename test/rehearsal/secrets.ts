// The secrets of a deployed stage: put where the functions look for them, and read back.
import { randomBytes } from 'node:crypto'
import type { Answer } from './aws.ts'
import { type Deployed, dynamodb, type Place } from './deployed.ts'
import { runScript, type Stand } from './stand.ts'
import { diagnose, rehearseTraps } from './traps.ts'

/** The Twilio credentials of the rehearsal; the stand-in takes any. */
export const twilioSecrets = {
  OTP_TWILIO_ACCOUNT: `AC${randomBytes(16).toString('hex')}`,
  OTP_TWILIO_API_KEY: `SK${randomBytes(16).toString('hex')}`,
  OTP_TWILIO_AUTH: randomBytes(16).toString('hex'),
}

const scopes = ['devices:read', 'devices:write', 'challenge', 'verify']

/** Makes the secrets of a stage and an API key with the commands, and gives the key. */
export async function makeSecrets(stand: Stand, { service, stage }: Place): Promise<string> {
  const { report } = stand
  const path = `/${service}/${stage}`
  const written = await runScript(stand, ['secrets', '--stage', stage], twilioSecrets)
  if (written.code !== 0) throw new Error(`npm run secrets failed:\n${written.output}`)
  const shown = Object.values(twilioSecrets).some(secret => written.output.includes(secret))
  report.check('npm run secrets shows one of them', false, shown)
  const made = await runScript(stand, [
    ...['api-key', '--stage', stage, '--name', 'backend'],
    ...['--scopes', scopes.join()],
  ])
  const key = /otp[0-9a-f]{64}/.exec(made.stdout)?.[0] ?? ''
  report.check(
    'npm run api-key',
    'one key is shown',
    made.code === 0 && key ? 'one key is shown' : '',
  )
  const listed = await runScript(stand, ['api-key', '--stage', stage, '--list'])
  report.check('npm run api-key --list', `backend  ${scopes}`, listed.stdout.trim())

  const kept = await readParameters(stand, path)
  const expected = ['OTP_API_KEYS', 'OTP_INDEX_KEY', 'OTP_TOKEN_KEY', ...Object.keys(twilioSecrets)]
  report.check(
    'parameters',
    expected.map(name => `${name} SecureString`).sort(),
    [...kept].map(([name, { Type }]) => `${name} ${Type}`).sort(),
  )
  for (const [name, value] of Object.entries(twilioSecrets)) {
    report.check(`${name} is what was given`, true, kept.get(name)?.Value === value)
  }
  for (const name of ['OTP_INDEX_KEY', 'OTP_TOKEN_KEY']) {
    const key = Buffer.from(kept.get(name)?.Value ?? '', 'base64')
    report.check(name, '32 bytes', `${key.length} bytes`)
  }
  const [indexKey, tokenKey] = ['OTP_INDEX_KEY', 'OTP_TOKEN_KEY'].map(name => kept.get(name)?.Value)
  report.check('OTP_INDEX_KEY is the token key', false, indexKey === tokenKey)
  checkKeptKeys(stand, kept.get('OTP_API_KEYS')?.Value ?? '[]', key)
  return key
}

/**
 * Examines a stage with npm run doctor; moto leaves two things undone, which are mended for as long
 * as that takes.
 */
export async function examine(stand: Stand, deployed: Deployed): Promise<void> {
  const { stage, data } = deployed
  const { aws, report } = stand
  const { DevicesTable, LimitsTable, TrafficTable } = data.outputs
  const mend = async (isMended: boolean) => {
    for (const TableName of [DevicesTable, TrafficTable]) {
      await dynamodb(aws, 'UpdateContinuousBackups', {
        TableName,
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: isMended },
      })
    }
    for (const TableName of [LimitsTable, TrafficTable]) {
      await dynamodb(aws, 'UpdateTimeToLive', {
        TableName,
        TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: isMended },
      })
    }
  }
  report.check(
    'npm run doctor: what failed',
    [
      'point-in-time recovery',
      'limits time to live',
      'traffic point-in-time recovery',
      'traffic time to live',
    ],
    (await diagnose(stand, stage)).failed,
  )
  await mend(true)
  const mended = await diagnose(stand, stage)
  report.check(
    'npm run doctor, that mended',
    // Callbacks of an account that is used with an API key alone; alarms that nobody hears.
    '0: Nothing failed; 2 warnings.',
    `${mended.code}: ${mended.verdict}`,
  )
  await rehearseTraps(stand, deployed)
  await mend(false)
  const nowhere = await diagnose(stand, 'nowhere', { OTP_TWILIO_FROM: '+15005550006' })
  report.check(
    'npm run doctor of no stage',
    [1, 'There is'],
    [nowhere.code, nowhere.verdict.slice(0, 8)],
  )
}

async function readParameters({ aws }: Stand, path: string) {
  const input = { Path: path, WithDecryption: true }
  const { Parameters } = await aws.json('ssm', 'AmazonSSM.GetParametersByPath', input)
  return new Map<string, { Type: string; Value: string }>(
    Parameters.map((one: Answer) => [one.Name.slice(path.length + 1), one]),
  )
}

function checkKeptKeys({ report }: Stand, kept: string, key: string): void {
  report.check(
    'OTP_API_KEYS',
    [`backend: ${scopes}, hash`],
    JSON.parse(kept).map(
      (one: Answer) => `${one.name}: ${one.scopes}, ${one.hash ? 'hash' : 'no hash'}`,
    ),
  )
  report.check('OTP_API_KEYS does not hold the key itself', false, key !== '' && kept.includes(key))
}

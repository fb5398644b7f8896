// What a rehearsal stands on: moto, the Twilio stand-in, a copy of the service; and the commands
// run there, in an environment that has nothing of whoever runs this.
import { type Ended, runProgram, strangerEnvironment } from '../tools/programs.ts'
import { ensurePython } from '../tools/python.ts'
import { copyService } from '../tools/service-copy.ts'
import { type Aws, startAws } from './aws.ts'
import { type Deployed, readDeployed } from './deployed.ts'
import { expectFunctions } from './expected.ts'
import { type Report, startReport } from './report.ts'
import { type RehearsedTwilio, startTwilio } from './twilio.ts'

/** What is set up for a rehearsal and taken down after it. */
export interface Stand {
  aws: Aws
  twilio: RehearsedTwilio
  /** The copy of the service that everything is run in. */
  folder: string
  /** Settings of the deploy. */
  settings: Record<string, string>
  report: Report
}

/** Sets everything up; what it pushes on `closing` takes it down. */
export async function setUp(closing: (() => Promise<unknown>)[]): Promise<Stand> {
  const python = await ensurePython()
  const copy = await copyService('rehearsal')
  closing.push(copy.remove)
  const aws = await startAws(python)
  closing.push(aws.close)
  const twilio = await startTwilio(python, copy.folder)
  closing.push(twilio.close)
  const settings = {
    OTP_TWILIO_URL: twilio.url,
    OTP_TWILIO_FROM: '+15005550006',
    // A lock of a second is over before a busy machine has started the next function.
    OTP_TWILIO_THROTTLE_FACTOR: '5',
  }
  return { aws, twilio, folder: copy.folder, settings, report: startReport() }
}

/** Deploys a stage with npm run deploy, and reads it back. */
export async function deploy(
  stand: Stand,
  stage: string,
  settings: Record<string, string>,
): Promise<Deployed> {
  await succeed(stand, ['run', '--silent', 'deploy', '--', '--stage', stage], settings)
  const names = (await expectFunctions(stand.folder, stage)).map(({ name }) => name)
  const deployed = await readDeployed(stand.aws, stage, names)
  if (deployed === null)
    throw new Error('The rehearsal failed: after the deploy there is no stack.')
  return deployed
}

/** Removes a stage with serverless remove. */
export function remove(stand: Stand, stage: string): Promise<void> {
  return succeed(stand, ['exec', '--', 'serverless', 'remove', '--stage', stage])
}

/** Runs an npm script of the copy. */
export function runScript(
  stand: Stand,
  command: string[],
  given?: Record<string, string>,
): Promise<Ended> {
  return npm(stand, ['run', '--silent', ...command], given)
}

/** Any program, in the environment of the rehearsal. */
export function runGuarded(
  { aws, twilio, folder, settings }: Stand,
  command: string[],
  given: Record<string, string> = {},
): Promise<Ended> {
  return runProgram(command, {
    cwd: folder,
    env: {
      ...strangerEnvironment(folder),
      // Seconds are asked for where minutes pass in AWS.
      SLS_AWS_MONITORING_FREQUENCY: '500',
      NODE_EXTRA_CA_CERTS: twilio.certificate,
      ...aws.env,
      ...settings,
      ...given,
    },
  })
}

async function succeed(stand: Stand, command: string[], given?: Record<string, string>) {
  const { code, output } = await npm(stand, command, given)
  if (code === 0) return
  const said = output.trim().replaceAll(/^/gm, '  | ')
  throw new Error(`${said}\nThe rehearsal failed: npm ${command.join(' ')} did.`)
}

function npm(stand: Stand, command: string[], given?: Record<string, string>): Promise<Ended> {
  return runGuarded(stand, ['npm', ...command], given)
}

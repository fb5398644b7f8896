// What a rehearsal stands on: moto, the Twilio stand-in, a copy of the service; and the commands
// run there, in an environment that has nothing of whoever runs this, and no setting: these are in
// the copy's .env.<stage>.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Ended, runProgram, strangerEnvironment } from '../tools/programs.ts'
import { ensurePython } from '../tools/python.ts'
import { copyService } from '../tools/service-copy.ts'
import { type Aws, startAws } from './aws.ts'
import { type Deployed, type Place, readDeployed } from './deployed.ts'
import { expectFunctions } from './expected.ts'
import { type Report, startReport } from './report.ts'
import { type RehearsedTwilio, startTwilio } from './twilio.ts'

/** What is set up for a rehearsal and taken down after it. */
export interface Stand {
  aws: Aws
  twilio: RehearsedTwilio
  /** The copy of the service that everything is run in. */
  folder: string
  /** Settings that every stage is given. */
  settings: Record<string, string>
  report: Report
}

/** Sets everything up; what it pushes on `closing` takes it down. */
export async function setUp(closing: (() => Promise<unknown>)[]): Promise<Stand> {
  forgetSettings()
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

/** The roles that are expected are made in this process, which must know no other settings. */
function forgetSettings(): void {
  for (const name of Object.keys(process.env).filter(one => one.startsWith('OTP_'))) {
    delete process.env[name]
  }
}

/** Writes the .env.<stage> of a stage. */
export async function writeSettings(
  { folder }: Stand,
  { stage }: Place,
  settings: Record<string, string>,
): Promise<void> {
  const lines = Object.entries(settings).map(([name, value]) => `${name}='${value}'\n`)
  await writeFile(join(folder, `.env.${stage}`), `# Of the rehearsal.\n${lines.join('')}`)
}

/** Deploys a stage with npm run deploy, and reads it back; `said` is what that printed. */
export async function deploy(
  stand: Stand,
  place: Place,
  flags: string[] = [],
): Promise<{ deployed: Deployed; said: string }> {
  const said = await succeed(stand, npmRun(['deploy', '--stage', place.stage, ...flags]))
  return { deployed: await readBack(stand, place), said }
}

/** Reads what is deployed; throws where there is nothing. */
export async function readBack(stand: Stand, place: Place): Promise<Deployed> {
  const names = (await expectFunctions(stand.folder, place)).map(({ name }) => name)
  const deployed = await readDeployed(stand.aws, place, names)
  if (deployed === null) throw new Error('The rehearsal failed: there is no stack.')
  return deployed
}

/** The folder of each service in the copy. */
const folders = { service: '.', data: 'infra/stack/data' }

/** Runs osls on the service of a stage, or on its data. */
export async function serverless(
  stand: Stand,
  { of, place, args }: { of: keyof typeof folders; place: Place; args: string[] },
): Promise<void> {
  const command = ['npx', 'serverless', ...args, '--stage', place.stage]
  await succeed(stand, command, join(stand.folder, folders[of]))
}

/** Runs an npm script of the copy. */
export function runScript(stand: Stand, command: string[], given?: Given): Promise<Ended> {
  return runGuarded(stand, npmRun(command), { given })
}

function npmRun([script = '', ...args]: string[]): string[] {
  return ['npm', 'run', '--silent', script, '--', ...args]
}

/** Added to the environment; undefined takes out. */
export type Given = Record<string, string | undefined>

/** Any program, in the environment of the rehearsal. */
export function runGuarded(
  { aws, twilio, folder }: Stand,
  command: string[],
  { given = {}, cwd = folder }: { given?: Given | undefined; cwd?: string } = {},
): Promise<Ended> {
  const env: Given = {
    ...strangerEnvironment(folder),
    // Seconds are asked for where minutes pass in AWS.
    SLS_AWS_MONITORING_FREQUENCY: '500',
    NODE_EXTRA_CA_CERTS: twilio.certificate,
    ...aws.env,
    ...given,
  }
  const known = Object.entries(env).filter(one => one[1] !== undefined)
  return runProgram(command, { cwd, env: Object.fromEntries(known) as Record<string, string> })
}

async function succeed(stand: Stand, command: string[], cwd?: string): Promise<string> {
  const { code, output } = await runGuarded(stand, command, cwd === undefined ? {} : { cwd })
  if (code === 0) return output
  const said = output.trim().replaceAll(/^/gm, '  | ')
  throw new Error(`${said}\nThe rehearsal failed: ${command.join(' ')} did.`)
}

// npm run doctor: looks at an installed stage and says, one line each, what is well and what is not, and how it is
// mended. It only reads.
import { printFindings } from './doctor/finding.ts'
import { readDeployed, readSettings } from './doctor/function.ts'
import { readSecrets, secretsOf } from './doctor/secrets.ts'
import { checkTable } from './doctor/table.ts'
import { checkTwilio } from './doctor/twilio.ts'
import { openStage, readFlags, runCommand } from './stage.ts'

const help = `Usage: npm run doctor -- --stage <stage> [options]

Looks at a deployed stage: its settings and secrets, whether Twilio takes the credentials and the account has the
sender, and its table. It only reads, and sends no SMS. Exit code 0: all is well; 1: it is not.

  --stage <stage>    the stage to look at
  --region <region>  region of the stage (default: AWS_REGION, or the profile's)
  --help             this text

Twilio is asked at OTP_TWILIO_URL of the environment, else at that of the stage. AWS has to allow
lambda:GetFunctionConfiguration, ssm:GetParameter, dynamodb:DescribeTable, DescribeContinuousBackups and
DescribeTimeToLive.`

await runCommand(async () => {
  const options = readFlags({
    stage: { type: 'string' },
    region: { type: 'string' },
    help: { type: 'boolean' },
  })
  if (options.help) return console.log(help)
  const stage = await openStage(options)
  const { env, finding: deployed } = await readDeployed(stage)
  const { settings, finding: understood } = readSettings(env, stage)
  const [secrets, table] = await Promise.all([
    readSecrets({ env, stage, settings }),
    checkTable(env.DEVICES_TABLE ?? 'devices', stage),
  ])
  const url = process.env.OTP_TWILIO_URL ?? ''
  const twilio = await checkTwilio(secretsOf(secrets), { settings, url, stage })
  const judged = secrets.map(({ finding }) => finding)
  const findings = [deployed, understood, ...judged, ...twilio, ...table]
  console.log(`The stage ${stage.name} in ${stage.region}:\n`)
  printFindings(findings)
  const failures = findings.filter(({ state }) => state === 'failed').length
  console.log(failures === 0 ? '\nAll is well.' : `\n${failures} of ${findings.length} failed.`)
  if (failures > 0) process.exitCode = 1
})

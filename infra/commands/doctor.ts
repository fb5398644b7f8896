// npm run doctor: looks at an installed stage and says, one line each, what is well and what is
// not, and how it is mended. It only reads.
import { command, readFlags } from './command.ts'
import { checkAccount } from './doctor/account.ts'
import { checkPool } from './doctor/cognito.ts'
import { linesOf, verdictOf } from './doctor/finding.ts'
import { readDeployed, readSettings } from './doctor/function.ts'
import { checkProofs } from './doctor/proofs.ts'
import { readSecrets, secretsOf } from './doctor/secrets.ts'
import { checkTables } from './doctor/table.ts'
import { checkTwilio } from './doctor/twilio.ts'
import { openStage } from './stage.ts'

const help = `Usage: npm run doctor -- --stage <stage> [options]

Looks at a deployed stage: its settings and secrets, whether Twilio takes the credentials and the account has the
senders, whether callbacks can be checked, whether proofs can be, its tables, what the account leaves it of Lambda and
SSM, and who hears its alarms. It only reads, and sends no SMS. Exit code 0: nothing failed; 1: something did.

  --stage <stage>    the stage to look at
  --region <region>  region of the stage (default: AWS_REGION, or the profile's)
  --help             this text

Twilio is asked at OTP_TWILIO_URL of the environment, else at that of the stage. AWS has to allow
lambda:GetFunctionConfiguration and GetAccountSettings, ssm:GetParameter and GetServiceSetting,
sns:ListSubscriptionsByTopic, dynamodb:DescribeTable, DescribeContinuousBackups and DescribeTimeToLive; for a user pool
cognito-idp:DescribeUserPool, ListUserPoolClients and DescribeUserPoolClient, too.`

/** Looks at a stage; gives 1 where something failed. */
export const doctor = command(async ({ args, env: shell, deadlines, print }) => {
  const options = readFlags(args, {
    stage: { type: 'string' },
    region: { type: 'string' },
    help: { type: 'boolean' },
  })
  if (options.help) {
    print(help)
    return 0
  }
  const stage = await openStage(options, { env: shell, deadlines })
  const { env, arn, finding: deployed } = await readDeployed(stage)
  const { settings, finding: understood } = readSettings(env, stage)
  const [secrets, tables, account, pool] = await Promise.all([
    readSecrets({ env, stage, settings }),
    checkTables(env, stage),
    checkAccount(stage, arn),
    checkPool(stage),
  ])
  const url = shell.OTP_TWILIO_URL ?? ''
  const { twilioMs, awsMs: deadlineMs } = deadlines
  const found = secretsOf(secrets)
  const issuer = settings?.issuer ?? null
  const [twilio, proofs] = await Promise.all([
    checkTwilio(found, { settings, url, twilioMs, stage }),
    checkProofs(found, { issuer, deadlineMs, stage }),
  ])
  const judged = secrets.map(({ finding }) => finding)
  const asked = [...twilio, ...proofs, ...tables, ...account, ...pool]
  const findings = [deployed, understood, ...judged, ...asked]
  print(`The stage ${stage.name} in ${stage.region}:\n`)
  for (const line of linesOf(findings)) print(line)
  const { hasFailed, said } = verdictOf(findings)
  print(`\n${said}`)
  return hasFailed ? 1 : 0
})

if (import.meta.main) process.exitCode = await doctor(process.argv.slice(2), process.env, process)

// Traps: what is well is spoilt, one thing at a time, and npm run doctor has to name it, with exit
// code 1 where it breaks logins. Each is put right again.
import { account, region } from './aws.ts'
import { type Deployed, dynamodb } from './deployed.ts'
import { runScript, type Stand } from './stand.ts'

interface Trap {
  what: string
  /** The line of the doctor that names it. */
  line: string
  state: 'failed' | 'warning'
  put(): Promise<unknown>
  takeAway(): Promise<unknown>
}

/** Puts each trap into a stage on which nothing fails, and looks. */
export async function rehearseTraps(stand: Stand, deployed: Deployed): Promise<void> {
  for (const { what, line, state, put, takeAway } of trapsOf(stand, deployed)) {
    await put()
    const { code, failed, warned } = await diagnose(stand, deployed.stage)
    const named = state === 'failed' ? failed : warned
    stand.report.check(
      `npm run doctor, ${what}`,
      `${state === 'failed' ? 1 : 0}: ${line}`,
      `${code}: ${named.includes(line) ? line : named.join()}`,
    )
    await takeAway()
  }
}

function trapsOf({ aws }: Stand, { data, stackName, stage, place }: Deployed): Trap[] {
  const path = `/${place.service}/${stage}`
  const atOnce = (ConcurrentExecutions: number) =>
    aws.rest('lambda', '/2016-08-19/account-settings', { ConcurrentExecutions })
  const fast = (SettingValue: string) =>
    aws.json('ssm', 'AmazonSSM.UpdateServiceSetting', {
      SettingId: '/ssm/parameter-store/high-throughput-enabled',
      SettingValue,
    })
  const isProtected = (DeletionProtectionEnabled: boolean) =>
    dynamodb(aws, 'UpdateTable', {
      TableName: data.outputs.DevicesTable,
      DeletionProtectionEnabled,
    })
  const TopicArn = `arn:aws:sns:${region}:${account}:${stackName}-alarms`
  return [
    {
      what: 'ten functions at once',
      line: 'concurrency',
      state: 'failed',
      put: () => atOnce(10),
      takeAway: () => atOnce(1000),
    },
    {
      what: 'SSM of 40 calls a second',
      line: 'throughput of secrets',
      state: 'warning',
      put: () => fast('false'),
      takeAway: () => fast('true'),
    },
    {
      what: 'alarms that nobody hears',
      line: 'alarms',
      state: 'warning',
      put: async () => {},
      takeAway: () =>
        aws.query('sns', 'Subscribe', {
          ...{ TopicArn, Protocol: 'sqs' },
          Endpoint: `arn:aws:sqs:${region}:${account}:pager`,
        }),
    },
    {
      what: 'a table that anybody may delete',
      line: 'deletion protection',
      state: 'failed',
      put: () => isProtected(false),
      takeAway: () => isProtected(true),
    },
    ...['OTP_TOKEN_KEY', 'OTP_API_KEYS'].map((name): Trap => {
      let kept: object = {}
      return {
        what: `${name} deleted`,
        line: name,
        state: 'failed',
        put: async () => {
          const Name = `${path}/${name}`
          const { Parameter } = await aws.json('ssm', 'AmazonSSM.GetParameter', {
            ...{ Name, WithDecryption: true },
          })
          kept = { Name, Value: Parameter.Value, Type: 'SecureString' }
          await aws.json('ssm', 'AmazonSSM.DeleteParameter', { Name })
        },
        takeAway: () => aws.json('ssm', 'AmazonSSM.PutParameter', kept),
      }
    }),
  ]
}

/** Runs npm run doctor, and reads what it says. */
export async function diagnose(stand: Stand, stage: string, given?: Record<string, string>) {
  const { code, output } = await runScript(stand, ['doctor', '--stage', stage], given)
  const linesOf = (state: string) =>
    [...output.matchAll(new RegExp(`^ {2}${state} +(.+?) {2}`, 'gm'))].map(([, what = '']) => what)
  const [failed, warned] = [linesOf('failed'), linesOf('warning')]
  return { code, failed, warned, verdict: output.trim().split('\n').at(-1) ?? '' }
}

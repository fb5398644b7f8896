// What the account gives that only its owner can change: how many functions run at once, how often
// SSM answers, and who hears the alarms.
import { GetAccountSettingsCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { ListSubscriptionsByTopicCommand, SNSClient, type Subscription } from '@aws-sdk/client-sns'
import { GetServiceSettingCommand } from '@aws-sdk/client-ssm'
import type { AwsError, Stage } from '../stage.ts'
import { type Finding, failed, unanswered } from './finding.ts'

/** Looks at them; `functionArn` is that of a function of the stage, and tells the account. */
export function checkAccount(stage: Stage, functionArn: string): Promise<Finding[]> {
  return Promise.all([
    checkConcurrency(stage),
    checkThroughput(stage),
    checkListeners(stage, functionArn),
  ])
}

/** New accounts have ten, of which the readers of the stream alone can take eight. */
const fewestAtOnce = 100
/** What AWS gives an account that is not new. */
const usualAtOnce = 1_000

async function checkConcurrency(stage: Stage): Promise<Finding> {
  const what = 'concurrency'
  const lambda = new LambdaClient(stage.clientOptions('LAMBDA'))
  const mend = `aws service-quotas request-service-quota-increase --service-code lambda --quota-code L-B99A9384 --desired-value ${usualAtOnce} --region ${stage.region}`
  try {
    const { AccountLimit = {} } = await lambda.send(new GetAccountSettingsCommand({}))
    const atOnce = AccountLimit.ConcurrentExecutions ?? 0
    const said = `${atOnce} functions of the account may run at once`
    if (atOnce < fewestAtOnce) return failed(what, `only ${said}, so that logins are refused`, mend)
    return atOnce < usualAtOnce
      ? { what, state: 'warning', said: `only ${said}`, mend }
      : { what, state: 'ok', said }
  } catch (error) {
    const permission = 'lambda:GetAccountSettings'
    return unanswered(what, error as AwsError, { stage, permission, place: 'the account' })
  }
}

async function checkThroughput(stage: Stage): Promise<Finding> {
  const what = 'throughput of secrets'
  const setting = '/ssm/parameter-store/high-throughput-enabled'
  try {
    const command = new GetServiceSettingCommand({ SettingId: setting })
    const { ServiceSetting = {} } = await stage.ssm.send(command)
    if (ServiceSetting.SettingValue === 'true') return { what, state: 'ok', said: 'is high' }
    return {
      what,
      state: 'warning',
      said: '40 calls of SSM a second for the whole account: of a deploy under load, or of a burst, functions beyond some 200 wait for their secrets, and some answer 503',
      mend: `aws ssm update-service-setting --setting-id ${setting} --setting-value true --region ${stage.region}, which is charged by the call`,
    }
  } catch (error) {
    const permission = 'ssm:GetServiceSetting'
    return unanswered(what, error as AwsError, { stage, permission, place: setting })
  }
}

async function checkListeners(stage: Stage, functionArn: string): Promise<Finding> {
  const what = 'alarms'
  const name = `${stage.deployment.stack}-alarms`
  const [, partition, , region, account] = functionArn.split(':')
  const TopicArn = `arn:${partition}:sns:${region}:${account}:${name}`
  const sns = new SNSClient(stage.clientOptions('SNS'))
  const subscribe = `set OTP_ALARM_EMAIL and npm run deploy -- --stage ${stage.name}, or subscribe to ${name}`
  try {
    const { Subscriptions = [] } = await sns.send(new ListSubscriptionsByTopicCommand({ TopicArn }))
    const heard = Subscriptions.filter(isConfirmed)
    if (heard.length > 0) {
      const many = heard.length === 1 ? '1 subscriber' : `${heard.length} subscribers`
      return { what, state: 'ok', said: `have ${many}` }
    }
    return Subscriptions.length === 0
      ? { what, state: 'warning', said: 'nobody hears them', mend: subscribe }
      : {
          what,
          state: 'warning',
          said: 'nobody hears them until the subscription is confirmed',
          mend: 'follow the link in the mail of AWS Notifications',
        }
  } catch (error) {
    if ((error as AwsError).name === 'NotFoundException') {
      return failed(what, `there is no topic ${name}`, `npm run deploy -- --stage ${stage.name}`)
    }
    const permission = 'sns:ListSubscriptionsByTopic'
    return unanswered(what, error as AwsError, { stage, permission, place: name })
  }
}

/** Until it is confirmed it has words in the place of its ARN. */
function isConfirmed({ SubscriptionArn = '' }: Subscription): boolean {
  return SubscriptionArn.startsWith('arn:')
}

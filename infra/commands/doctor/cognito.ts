// What of a user pool only its owner can see to: that it calls the stage's triggers, and that no
// client of it has another way in.
import { createRequire } from 'node:module'
import {
  CognitoIdentityProviderClient,
  DescribeUserPoolClientCommand,
  DescribeUserPoolCommand,
  paginateListUserPoolClients,
  type UserPoolClientType,
} from '@aws-sdk/client-cognito-identity-provider'
import type { AwsError, Stage } from '../stage.ts'
import { type Finding, failed, unanswered } from './finding.ts'

/** Looks at the pool of OTP_COGNITO_USER_POOL_ARN; nothing where there is none. */
export async function checkPool(stage: Stage): Promise<Finding[]> {
  const { OTP_COGNITO_USER_POOL_ARN: arn = '', OTP_COGNITO_FLOW: flow } = stage.deployment.effective
  const pool = arn.split('/')[1]
  if (pool === undefined) return []
  const client = new CognitoIdentityProviderClient(stage.clientOptions('COGNITO_IDENTITY_PROVIDER'))
  const ask = { client, pool, stage }
  return [await checkTriggers(ask), ...(await checkClients(ask, flow === 'sms'))]
}

interface Ask {
  client: CognitoIdentityProviderClient
  pool: string
  stage: Stage
}

type Trigger = 'DefineAuthChallenge' | 'CreateAuthChallenge' | 'VerifyAuthChallengeResponse'
const load = createRequire(import.meta.url)
const { triggers }: { triggers: Record<string, Trigger> } = load('../../stack/cognito.cjs')

async function checkTriggers({ client, pool, stage }: Ask): Promise<Finding> {
  const what = 'Cognito triggers'
  try {
    const { UserPool } = await client.send(new DescribeUserPoolCommand({ UserPoolId: pool }))
    const missing = Object.entries(triggers).flatMap(([name, trigger]) => {
      const called = UserPool?.LambdaConfig?.[trigger] ?? ''
      const wanted = `${stage.deployment.stack}-${name}`
      return called.split(':')[6] === wanted ? [] : `${trigger} is not ${wanted}`
    })
    if (missing.length === 0) return { what, state: 'ok', said: `${pool} calls all three` }
    const mend = `give ${pool} the stack's outputs as its LambdaConfig`
    return failed(what, missing.join(', '), mend)
  } catch (error) {
    const permission = 'cognito-idp:DescribeUserPool'
    return unanswered(what, error as AwsError, { stage, permission, place: pool })
  }
}

async function checkClients({ client, pool, stage }: Ask, isSmsAlone: boolean): Promise<Finding[]> {
  const what = 'Cognito clients'
  try {
    const findings: Finding[] = []
    for await (const page of paginateListUserPoolClients({ client }, { UserPoolId: pool })) {
      for (const { ClientId } of page.UserPoolClients ?? []) {
        const command = new DescribeUserPoolClientCommand({ UserPoolId: pool, ClientId })
        const { UserPoolClient } = await client.send(command)
        findings.push(...(UserPoolClient ? judge(UserPoolClient, isSmsAlone) : []))
      }
    }
    const said = 'none has a way round the SMS'
    return findings.length === 0 ? [{ what, state: 'ok', said }] : findings
  } catch (error) {
    const permission = 'cognito-idp:ListUserPoolClients and DescribeUserPoolClient'
    return [unanswered(what, error as AwsError, { stage, permission, place: pool })]
  }
}

/** In these flows nobody gets in without the triggers. */
const safeFlows = ['ALLOW_CUSTOM_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH', 'CUSTOM_AUTH_FLOW_ONLY']
/** What Cognito allows a client that names none. */
const flowsByDefault = ['ALLOW_USER_SRP_AUTH']

function judge(client: UserPoolClientType, isSmsAlone: boolean): Finding[] {
  const what = `Cognito client ${client.ClientName}`
  const named = client.ExplicitAuthFlows ?? []
  const flows = named.length > 0 ? named : flowsByDefault
  const round = flows.filter(flow => !safeFlows.includes(flow))
  // Client credentials are a machine's: no user signs in by them.
  const isManaged =
    client.AllowedOAuthFlowsUserPoolClient === true &&
    (client.AllowedOAuthFlows ?? []).some(flow => flow !== 'client_credentials')
  if (isManaged) round.push('managed login')
  const findings: Finding[] = []
  if (round.length > 0) {
    const mend = 'allow it ALLOW_CUSTOM_AUTH and ALLOW_REFRESH_TOKEN_AUTH alone'
    findings.push(failed(what, `${round.join(', ')}: a way round the SMS`, mend))
  }
  const { WriteAttributes: written } = client
  if (written === undefined || written.includes('phone_number')) {
    const mend = 'give it WriteAttributes without phone_number'
    findings.push(failed(what, 'a session may write the number that the SMS goes to', mend))
  }
  if (isSmsAlone && client.PreventUserExistenceErrors !== 'ENABLED') {
    const mend = 'set its PreventUserExistenceErrors to ENABLED'
    findings.push({ what, state: 'warning', said: 'tells which users there are', mend })
  }
  return findings
}

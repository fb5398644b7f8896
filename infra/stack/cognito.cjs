// Cognito's three triggers: functions that no route leads to, which the user pool of
// OTP_COGNITO_USER_POOL_ARN alone may invoke. Where there is no pool, there is none of it.
const { deploymentOf, environmentOf } = require('./stage.cjs')

/** The triggers of a pool's LambdaConfig, by function. */
const triggers = {
  'cognito-define': 'DefineAuthChallenge',
  'cognito-create': 'CreateAuthChallenge',
  'cognito-verify': 'VerifyAuthChallengeResponse',
}

/** Cognito waits five seconds, so a function starts with more processor than the others. */
const memorySize = { 'cognito-create': 512, 'cognito-verify': 512 }

const roleOf = name => `${name.replace(/(^|-)./g, start => start.at(-1).toUpperCase())}Role`
const functionOf = name =>
  `${name[0].toUpperCase()}${name.slice(1).replace('-', 'Dash')}LambdaFunction`

const poolOf = ({ effective }) => effective.OTP_COGNITO_USER_POOL_ARN

/** Makes a function; null is none. */
const functionNamed =
  name =>
  async ({ resolveVariable }) => {
    const deployment = await deploymentOf(resolveVariable)
    if (poolOf(deployment) === undefined) return null
    return {
      handler: `functions/${name}.handler`,
      role: roleOf(name),
      environment: environmentOf(name, deployment),
      ...(memorySize[name] && { memorySize: memorySize[name] }),
    }
  }

const permission = (name, pool) => ({
  Type: 'AWS::Lambda::Permission',
  Properties: {
    Action: 'lambda:InvokeFunction',
    FunctionName: { 'Fn::GetAtt': [functionOf(name), 'Arn'] },
    Principal: 'cognito-idp.amazonaws.com',
    SourceArn: pool,
  },
})

const output = (name, trigger) => ({
  Description: `For ${trigger} of the user pool's LambdaConfig`,
  Value: { 'Fn::GetAtt': [functionOf(name), 'Arn'] },
})

module.exports = {
  triggers,
  ...Object.fromEntries(Object.keys(triggers).map(name => [name, functionNamed(name)])),
  /** Who may invoke them, and what the pool has to be told. */
  resources: async ({ resolveVariable }) => {
    const pool = poolOf(await deploymentOf(resolveVariable))
    if (pool === undefined) return {}
    const all = Object.entries(triggers)
    return {
      Resources: Object.fromEntries(
        all.map(([name, trigger]) => [`${trigger}Permission`, permission(name, pool)]),
      ),
      Outputs: Object.fromEntries(all.map(([name, trigger]) => [trigger, output(name, trigger)])),
    }
  },
}

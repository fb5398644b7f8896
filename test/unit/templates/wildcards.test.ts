// Wildcards in the policies of a template: which are found, and which of them are allowed.
import { expect, test } from 'vitest'
import { findWildcards, type Template } from '../../templates/wildcards.ts'

function templateOf(statement: object): Template {
  return {
    Resources: {
      Role: {
        Type: 'AWS::IAM::Role',
        Properties: { Policies: [{ PolicyDocument: { Statement: [statement] } }] },
      },
    },
  }
}

const named = {
  Effect: 'Allow',
  Action: ['dynamodb:GetItem'],
  Resource: [{ 'Fn::GetAtt': ['DevicesTable', 'Arn'] }],
}

test('a statement that names everything has no wildcard', () => {
  expect(findWildcards(templateOf(named))).toEqual({ passed: 2, findings: [] })
})

test.each([
  ['an action', { Action: 'dynamodb:*' }, 'dynamodb:*'],
  ['one of several actions', { Action: ['ssm:GetParameters', 'dynamodb:Get*'] }, 'dynamodb:Get*'],
  ['a resource', { Resource: '*' }, '*'],
  [
    'a resource with a gap',
    { Resource: ['arn:aws:ssm:::parameter/?'] },
    'arn:aws:ssm:::parameter/?',
  ],
  [
    'a resource that CloudFormation fills in',
    { Resource: [{ 'Fn::Sub': 'arn/*' }] },
    '{"Fn::Sub":"arn/*"}',
  ],
  ['a principal', { Principal: { AWS: '*' } }, '*'],
  ['everything but', { NotAction: 'iam:*' }, 'iam:*'],
])('a wildcard is found in %s', (_, given, message) => {
  const { findings } = findWildcards(templateOf({ ...named, ...given }))

  expect(findings).toEqual([{ rule: 'WILDCARD_ALLOW', place: 'Role', message }])
})

test.each([
  ['the streams of one log group may end in a wildcard', 'log-group:/aws/lambda/verify:*', 0],
  ['a log group may not', 'log-group:/aws/lambda/*', 1],
  ['a log group may not, whatever its streams do', 'log-group:/aws/lambda/*:*', 1],
])('%s', (_, resource, count) => {
  const Resource = [{ 'Fn::Sub': `arn:aws:logs:eu-west-1:123456789012:${resource}` }]

  expect(findWildcards(templateOf({ ...named, Resource })).findings).toHaveLength(count)
})

test.each([
  // biome-ignore-start lint/suspicious/noTemplateCurlyInString: CloudFormation fills these in.
  ['the objects of one bucket may be a wildcard', '${KeptRecords.Arn}/*', 0],
  ['a bucket may not', '${KeptRecords.Arn}*', 1],
  ['the objects of any bucket may not', 'arn:aws:s3:::*/*', 1],
  // biome-ignore-end lint/suspicious/noTemplateCurlyInString: as above
])('%s', (_, resource, count) => {
  const Resource = [{ 'Fn::Sub': resource }]

  expect(findWildcards(templateOf({ ...named, Resource })).findings).toHaveLength(count)
})

test('a wildcard in a Deny is a finding of its own kind', () => {
  const { findings } = findWildcards(templateOf({ ...named, Effect: 'Deny', Action: 's3:*' }))

  expect(findings.map(({ rule }) => rule)).toEqual(['WILDCARD_DENY'])
})

test.each([
  ['any source may invoke', {}, 'WILDCARD_ALLOW'],
  [
    'every route of an API may invoke',
    { SourceArn: 'arn:aws:execute-api:::id/*' },
    'WILDCARD_INVOKE',
  ],
])('a function that %s is found', (_, source, rule) => {
  const Properties = { Action: 'lambda:InvokeFunction', Principal: 'apigateway.amazonaws.com' }
  const Resources = {
    Permission: { Type: 'AWS::Lambda::Permission', Properties: { ...Properties, ...source } },
  }

  expect(findWildcards({ Resources }).findings).toMatchObject([{ rule }])
})

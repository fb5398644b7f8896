// What the doctor says of a user pool.
import { expect, it } from 'vitest'
import { lookAtPool } from '../../../infra/commands/doctor/cognito.ts'

it('every other flow of any client is called a way round the SMS', () => {
  const arn = 'arn:aws:cognito-idp:eu-central-1:123456789012:userpool/eu-central-1_Example'

  const [finding] = lookAtPool({ effective: { OTP_COGNITO_USER_POOL_ARN: arn } })

  expect(finding).toMatchObject({
    state: 'not checked',
    said: expect.stringContaining(
      'eu-central-1_Example but CUSTOM_AUTH and refresh is a way round',
    ),
  })
})

it('nothing is said where there is no pool', () => {
  expect(lookAtPool({ effective: {} })).toEqual([])
})

// What of a user pool only its owner can see to: no other way in.
import type { Deployment } from '../../stack/deployment.ts'
import type { Finding } from './finding.ts'

/** Says what to look at; nothing where there is no pool. */
export function lookAtPool({ effective }: Pick<Deployment, 'effective'>): Finding[] {
  const { OTP_COGNITO_USER_POOL_ARN: arn = '' } = effective
  const pool = arn.split('/')[1]
  if (pool === undefined) return []
  return [
    {
      what: 'cognito',
      state: 'not checked',
      said: `any flow of any client of ${pool} but CUSTOM_AUTH and refresh is a way round the SMS`,
      mend: `aws cognito-idp list-user-pool-clients --user-pool-id ${pool}, and describe-user-pool-client of each`,
    },
  ]
}

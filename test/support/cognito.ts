// Calls the triggers as Cognito would, one event at a time.
import { randomUUID } from 'node:crypto'
import type {
  CreateAuthChallengeTriggerEvent,
  VerifyAuthChallengeResponseTriggerEvent,
} from 'aws-lambda'
import { vi } from 'vitest'
import { deviceKey } from '../../lib/cognito/device.ts'
import { recordAnswer, recordSecret } from './record.ts'

/** A user of the pool, as its events show one. */
export interface User {
  userName: string
  userAttributes: Record<string, string>
  userNotFound?: boolean
}

/** A user with a verified number. */
export function knownUser(attributes: Record<string, string> = {}): User {
  const sub = randomUUID()
  const number = { phone_number: '+15555550100', phone_number_verified: 'true' }
  return { userName: `user-${sub}`, userAttributes: { sub, ...number, ...attributes } }
}

/** A name that no user has, as Cognito shows it where it hides that. */
export function unknownUser(): User {
  return { userName: `nobody-${randomUUID()}`, userAttributes: {}, userNotFound: true }
}

export const userPoolId = 'eu-central-1_Example'

const common = {
  version: '1',
  region: 'eu-central-1',
  userPoolId,
  callerContext: { awsSdkVersion: 'aws-sdk-unknown-unknown', clientId: 'client' },
}

/** What create answered, as the session and verify get it. */
export type Created = CreateAuthChallengeTriggerEvent['response']

/** The key of a user's device. */
export const keyOf = ({ userAttributes }: User) => deviceKey(userPoolId, userAttributes.sub!)

/** The id of the challenge that create made, as verify gets it. */
export const idOf = ({ privateChallengeParameters }: Created) =>
  privateChallengeParameters.challengeId

/** Lets so many seconds pass. */
export function wait(seconds: number): void {
  vi.spyOn(Date, 'now').mockReturnValue(Date.now() + seconds * 1000)
}

/** Loads the triggers as fresh Lambda instances. */
export function loadTriggers() {
  vi.resetModules()
  return takeTriggers()
}

/** Takes the triggers as they are loaded. */
export async function takeTriggers() {
  const [create, verify] = await Promise.all([
    import('../../functions/cognito-create.ts'),
    import('../../functions/cognito-verify.ts'),
  ])
  return {
    /** `before` are the rounds that were answered wrong, or with a request to send again. */
    async create(
      user: User,
      { before = [], clientMetadata }: { before?: Created[]; clientMetadata?: Metadata } = {},
    ): Promise<Created> {
      const session = before.map(({ challengeMetadata }) => ({
        challengeName: 'CUSTOM_CHALLENGE' as const,
        challengeResult: false,
        challengeMetadata,
      }))
      const { userName, ...request } = user
      const asked = { ...request, session, ...(clientMetadata && { clientMetadata }) }
      const event: CreateAuthChallengeTriggerEvent = {
        ...{ ...common, userName, triggerSource: 'CreateAuthChallenge_Authentication' },
        request: { ...asked, challengeName: 'CUSTOM_CHALLENGE' },
        response: {} as Created,
      }
      recordSecret('number', user.userAttributes.phone_number ?? '')
      const { response } = await create.handler(event)
      recordAnswer({ status: 200, headers: {}, body: JSON.stringify(response) })
      return response
    },
    async verify(
      user: User,
      created: Created,
      challengeAnswer: string,
      clientMetadata?: Metadata,
    ): Promise<boolean> {
      const { userName, ...request } = user
      const { privateChallengeParameters } = created
      const event: VerifyAuthChallengeResponseTriggerEvent = {
        ...{ ...common, userName, triggerSource: 'VerifyAuthChallengeResponse_Authentication' },
        request: {
          ...{ ...request, privateChallengeParameters, challengeAnswer },
          ...(clientMetadata && { clientMetadata }),
        },
        response: { answerCorrect: false },
      }
      return (await verify.handler(event)).response.answerCorrect
    },
  }
}

type Metadata = Record<string, string>

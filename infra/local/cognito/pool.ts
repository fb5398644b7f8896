// A stand-in of a Cognito user pool: its custom authentication, with the session, the password by
// SRP and the three triggers. Its client allows CUSTOM_AUTH alone, and hides unknown users.
import { generateKeyPairSync, type KeyObject, randomUUID, sign } from 'node:crypto'
import { beginSrp, type Srp } from './srp.ts'
import { type Calling, callTrigger } from './triggers.ts'

/** A user of the pool. */
export interface PoolUser {
  userName: string
  password: string
  attributes: Record<string, string>
}

/** A pool. */
export interface PoolOptions extends Calling {
  userPoolId: string
  clientId: string
  users: PoolUser[]
}

/** A request by its action, such as InitiateAuth. */
export type PoolRequest = Record<string, unknown> & {
  ClientId?: string
  AuthFlow?: string
  AuthParameters?: Record<string, string>
  ChallengeName?: string
  ChallengeResponses?: Record<string, string>
  ClientMetadata?: Record<string, string>
  Session?: string
}

/** An error as the API answers it. */
export class PoolError extends Error {
  readonly type: string

  constructor(type: string, message: string) {
    super(message)
    this.type = type
  }
}

interface Step {
  challengeName: string
  challengeResult: boolean
  challengeMetadata?: string
}

/** A sign-in that waits for an answer. */
interface SignIn {
  userName: string
  user: PoolUser | null
  session: Step[]
  asked: string
  srp: Srp | null
  privateParameters: Record<string, string>
  metadata: string
  expiresAt: number
}

const notAuthorized = () =>
  new PoolError('NotAuthorizedException', 'Incorrect username or password.')

/** Cognito's own default. */
const sessionMs = 3 * 60_000

/** Makes a pool; what it returns answers its requests. */
export function openPool(options: PoolOptions) {
  const { userPoolId, clientId, users } = options
  const signIns = new Map<string, SignIn>()
  let key: KeyObject | undefined

  const common = ({ userName }: SignIn, triggerSource: string) => ({
    version: '1',
    region: userPoolId.split('_')[0],
    ...{ userPoolId, userName, triggerSource },
    callerContext: { awsSdkVersion: 'aws-sdk-unknown-unknown', clientId },
  })
  const asked = ({ user }: SignIn, clientMetadata: PoolRequest['ClientMetadata']) => ({
    userAttributes: user?.attributes ?? {},
    ...(user === null && { userNotFound: true }),
    ...(clientMetadata && { clientMetadata }),
  })

  /** Asks Define what comes next, and does it. */
  async function goOn(signIn: SignIn, metadata?: Record<string, string>, srpA = '') {
    const { session } = signIn
    const request = { ...asked(signIn, metadata), session }
    const define = await callTrigger<{ response: Record<string, unknown> }>(
      options,
      'cognito-define',
      { ...common(signIn, 'DefineAuthChallenge_Authentication'), request, response: {} },
    )
    const { issueTokens, failAuthentication, challengeName } = define.response
    if (failAuthentication) throw notAuthorized()
    if (issueTokens) return { AuthenticationResult: tokensOf(signIn), ChallengeParameters: {} }
    if (challengeName === 'PASSWORD_VERIFIER') {
      signIn.srp = beginSrp({ userPoolId, ...signIn }, signIn.user?.password ?? null, srpA)
      return ask(signIn, challengeName, signIn.srp.parameters)
    }
    if (challengeName !== 'CUSTOM_CHALLENGE') throw notAuthorized()
    const create = await callTrigger<{
      response: {
        publicChallengeParameters: Record<string, string>
        privateChallengeParameters: Record<string, string>
        challengeMetadata: string
      }
    }>(options, 'cognito-create', {
      ...common(signIn, 'CreateAuthChallenge_Authentication'),
      request: { ...request, challengeName },
      response: {},
    })
    signIn.privateParameters = create.response.privateChallengeParameters
    signIn.metadata = create.response.challengeMetadata
    const { userName: USERNAME } = signIn
    return ask(signIn, challengeName, { USERNAME, ...create.response.publicChallengeParameters })
  }

  function ask(signIn: SignIn, challengeName: string, parameters: Record<string, string>) {
    const id = `${randomUUID()}${randomUUID()}`
    signIns.set(id, { ...signIn, asked: challengeName, expiresAt: Date.now() + sessionMs })
    return { ChallengeName: challengeName, ChallengeParameters: parameters, Session: id }
  }

  async function initiate({ AuthFlow, AuthParameters = {} }: PoolRequest) {
    if (AuthFlow !== 'CUSTOM_AUTH') {
      throw new PoolError(
        'InvalidParameterException',
        `${AuthFlow} flow not enabled for this client`,
      )
    }
    const { USERNAME: userName = '', CHALLENGE_NAME, SRP_A = '' } = AuthParameters
    const user = users.find(one => one.userName === userName) ?? null
    const isSrp = CHALLENGE_NAME === 'SRP_A'
    if (isSrp && !/^[0-9a-f]+$/i.test(SRP_A)) throw notAuthorized()
    const session = isSrp ? [{ challengeName: 'SRP_A', challengeResult: true }] : []
    const signIn = { userName, user, session, asked: '', srp: null, expiresAt: 0 }
    // Its metadata does not reach Define and Create.
    return goOn({ ...signIn, privateParameters: {}, metadata: '' }, undefined, SRP_A)
  }

  async function respond(request: PoolRequest) {
    const { Session = '', ChallengeName, ChallengeResponses = {}, ClientMetadata } = request
    const signIn = signIns.get(Session)
    signIns.delete(Session)
    if (!signIn || signIn.expiresAt < Date.now() || signIn.asked !== ChallengeName) {
      throw new PoolError('NotAuthorizedException', 'Invalid session for the user.')
    }
    const add = (step: Step) => ({ ...signIn, session: [...signIn.session, step] })
    if (ChallengeName === 'PASSWORD_VERIFIER') {
      const isRight = signIn.user !== null && signIn.srp?.isRight(ChallengeResponses)
      if (!isRight) throw notAuthorized()
      return goOn(add({ challengeName: ChallengeName, challengeResult: true }), ClientMetadata)
    }
    const verified = await callTrigger<{ response: { answerCorrect: boolean } }>(
      options,
      'cognito-verify',
      {
        ...common(signIn, 'VerifyAuthChallengeResponse_Authentication'),
        request: {
          ...asked(signIn, ClientMetadata),
          privateChallengeParameters: signIn.privateParameters,
          challengeAnswer: ChallengeResponses.ANSWER ?? '',
        },
        response: {},
      },
    )
    const challengeResult = verified.response.answerCorrect === true
    const { metadata: challengeMetadata } = signIn
    const step = { challengeName: 'CUSTOM_CHALLENGE', challengeResult, challengeMetadata }
    return goOn(add(step), ClientMetadata)
  }

  function tokensOf({ userName, user }: SignIn) {
    if (user === null) throw notAuthorized()
    key ??= generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
    const iat = Math.floor(Date.now() / 1000)
    const claims = { sub: user.attributes.sub, iat, auth_time: iat, exp: iat + 3600 }
    const jwt = (more: object) => {
      const parts = [
        { alg: 'RS256', typ: 'JWT' },
        { ...claims, ...more },
      ]
      const text = parts.map(part => base64(JSON.stringify(part))).join('.')
      return `${text}.${sign('sha256', Buffer.from(text), key!).toString('base64url')}`
    }
    return {
      AccessToken: jwt({ token_use: 'access', username: userName, client_id: clientId }),
      IdToken: jwt({ token_use: 'id', 'cognito:username': userName, aud: clientId }),
      RefreshToken: randomUUID(),
      ExpiresIn: 3600,
      TokenType: 'Bearer',
    }
  }

  return (action: string, request: PoolRequest): Promise<object> => {
    if (request.ClientId !== clientId) {
      throw new PoolError('ResourceNotFoundException', `User pool client does not exist.`)
    }
    if (action === 'InitiateAuth') return initiate(request)
    if (action === 'RespondToAuthChallenge') return respond(request)
    throw new PoolError('InvalidParameterException', `${action} is no action of the stand-in.`)
  }
}

const base64 = (text: string) => Buffer.from(text).toString('base64url')

// The client of Cognito, amazon-cognito-identity-js, with its callbacks as promises. One function
// of it is replaced: its power, made for browsers without BigInt, takes half a second, and each
// answer to a challenge asks for one. It is not the stand-in's power, which is held against it.
import { createRequire } from 'node:module'
import {
  AuthenticationDetails,
  CognitoUser,
  CognitoUserPool,
  type ICognitoStorage,
} from 'amazon-cognito-identity-js'

interface Integer {
  mod(modulus: Integer): Integer
  toString(radix: 16): string
}

const { default: BigInteger } = createRequire(import.meta.url)(
  'amazon-cognito-identity-js/lib/BigInteger.js',
)
const bigintOf = (integer: Integer) => BigInt(`0x${integer.toString(16)}`)

BigInteger.prototype.modPow = function modPow(
  this: Integer,
  exponent: Integer,
  modulus: Integer,
  callback: (error: null, power: Integer) => void,
) {
  // The base may be negative.
  const [base, n] = [bigintOf(this.mod(modulus)), bigintOf(modulus)]
  let power = 1n
  for (const bit of bigintOf(exponent).toString(2)) {
    power = (power * power) % n
    if (bit === '1') power = (power * base) % n
  }
  callback(null, new BigInteger(power.toString(16), 16))
}

/** What a client is told: a challenge, its tokens, or an error. */
export interface Told {
  parameters?: Record<string, string>
  isSignedIn?: true
  error?: string
}

/** Opens a client of its own for a user, as a page has one. */
export function openClient(
  { userPoolId, clientId, endpoint }: { userPoolId: string; clientId: string; endpoint: string },
  userName: string,
) {
  const kept = new Map<string, string>()
  const Storage: ICognitoStorage = {
    setItem: (key, value) => void kept.set(key, value),
    getItem: key => kept.get(key) ?? null,
    removeItem: key => void kept.delete(key),
    clear: () => kept.clear(),
  }
  const Pool = new CognitoUserPool({
    ...{ UserPoolId: userPoolId, ClientId: clientId, endpoint, Storage },
  })
  const user = new CognitoUser({ Username: userName, Pool, Storage })
  user.setAuthenticationFlowType('CUSTOM_AUTH')
  const told = (start: (callbacks: object) => void) =>
    new Promise<Told>(resolve => {
      start({
        onSuccess: () => resolve({ isSignedIn: true }),
        onFailure: (error: Error) => resolve({ error: error.message }),
        customChallenge: (parameters: Record<string, string>) => resolve({ parameters }),
      })
    })
  return {
    byPassword: (password: string) =>
      told(callbacks =>
        user.authenticateUser(
          new AuthenticationDetails({ Username: userName, Password: password }),
          callbacks as never,
        ),
      ),
    bySms: () =>
      told(callbacks =>
        user.initiateAuth(new AuthenticationDetails({ Username: userName }), callbacks as never),
      ),
    answer: (text: string, metadata?: Record<string, string>) =>
      told(callbacks => user.sendCustomChallengeAnswer(text, callbacks as never, metadata)),
  }
}

// The user pool of npm start -- --cognito: one user, and a client that needs no secret.
import { startCognitoStandIn } from './stand-in.ts'
import type { Invoke } from './triggers.ts'

/** What the pool is called, and who is in it. */
export const localPool = {
  id: 'local_Demo',
  arn: 'arn:aws:cognito-idp:local:000000000000:userpool/local_Demo',
  clientId: 'demo',
  user: {
    userName: 'alice',
    password: 'correct horse battery staple',
    attributes: {
      sub: '5b8f1a62-7c1e-4a63-9d0f-3f1c2a4b5d6e',
      phone_number: '+14155552671',
      phone_number_verified: 'true',
    },
  },
} as const

/** Starts it. */
export function startLocalPool(options: { host: string; port: number; invoke: Invoke }) {
  const { id: userPoolId, clientId, user } = localPool
  return startCognitoStandIn({ ...options, userPoolId, clientId, users: [user] })
}

// npm start -- --cognito: an unmodified client signs in, through the bundled functions.
import { expect, inject, it } from 'vitest'
import { localPool } from '../../infra/local/cognito/local-pool.ts'
import { openClient } from '../support/cognito-client.ts'

const { cognito: endpoint, inbox } = inject('service')
const { id: userPoolId, clientId, user } = localPool

/** The texts in the inbox to the user's number, newest first. */
async function texts(): Promise<string[]> {
  const to = encodeURIComponent(user.attributes.phone_number)
  const answer = await fetch(`${inbox}/messages.json?to=${to}`)
  const { messages } = (await answer.json()) as { messages: { body: string }[] }
  return messages.map(({ body }) => body)
}

it('a user of the pool signs in by password and SMS', async () => {
  const client = openClient({ userPoolId, clientId, endpoint }, user.userName)

  const asked = await client.byPassword(user.password)
  const [newest = ''] = await texts()
  const told = await client.answer(/\d{6}/.exec(newest)?.[0] ?? '')

  expect(asked.parameters).toMatchObject({ state: 'sent', tokenLength: '6' })
  expect(told).toEqual({ isSignedIn: true })
})

// The pool of docs/examples/cognito: what would be a way round the SMS is not in it.
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { parse } from 'yaml'

const file = new URL('../../../docs/examples/cognito/pool.yml', import.meta.url)
const { UserPoolClient } = parse(readFileSync(file, 'utf8'), { logLevel: 'silent' }).Resources

it('its client allows the custom challenge and refresh alone, and hides unknown users', () => {
  expect(UserPoolClient.Properties).toMatchObject({
    ExplicitAuthFlows: ['ALLOW_CUSTOM_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'],
    PreventUserExistenceErrors: 'ENABLED',
  })
})

it('its client cannot move the SMS to another phone', () => {
  expect(UserPoolClient.Properties.WriteAttributes).not.toContain('phone_number')
})

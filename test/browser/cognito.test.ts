// The page of docs/examples/cognito, as its user has it: from the password to being in.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { localPool } from '../../infra/local/cognito/local-pool.ts'
import { newestSms } from '../support/client.ts'
import { expectAccessible, open, useBrowser } from './support/browser.ts'

useBrowser()

const { user } = localPool
const server = resolve(import.meta.dirname, '../../docs/examples/cognito/server.js')
let example: ReturnType<typeof fork>
let url = ''

beforeAll(async () => {
  const env = { ...process.env, PORT: '0', COGNITO: inject('service').cognito }
  example = fork(server, { env, silent: true })
  const [printed] = await once(example.stdout!, 'data')
  url = String(printed).trim()
})
afterAll(() => example.kill())

/** The page, after the password. */
async function askedForCode(said: string): Promise<Page> {
  const page = await open(url)
  await expectAccessible(page)
  await page.getByLabel('Name').fill(user.userName)
  await page.getByLabel('Password').fill(user.password)
  await page.getByRole('button', { name: 'Continue' }).click()
  await page.getByText(said).waitFor()
  return page
}

const answer = async (page: Page, code: string) => {
  await page.getByLabel('Code').fill(code)
  await page.getByRole('button', { name: 'Sign in' }).click()
}

test('a user signs in by password and SMS', async () => {
  const page = await askedForCode('A code is on its way to +1••••••••71. Tries left: 3.')

  await expectAccessible(page)
  await answer(page, await newestSms(user.attributes.phone_number))
  await page.getByText('You are in').waitFor()

  expect(await page.locator('form:visible').count()).toBe(0)
})

test('a wrong code and a request to send again too soon are told apart', async () => {
  const page = await askedForCode('The last code to +1••••••••71 is on its way.')

  await page.getByRole('button', { name: 'Send again' }).click()
  await page.getByText('is on its way. Tries left: 3.').waitFor()
  await answer(page, '000000')

  await page.getByText('Tries left: 2.').waitFor()
})

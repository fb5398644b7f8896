// What an operator does in the admin console, with the packaged functions behind it.
import { readFileSync } from 'node:fs'
import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { call, newestSms, service } from '../support/client.ts'
import { recordFiles } from '../support/record.ts'
import { expectAccessible, open, useBrowser } from './support/browser.ts'
import { openDevice, register, search, signIn } from './support/console.ts'
import { changeItem } from './support/store.ts'

useBrowser()

const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true })
const rows = (page: Page) => page.locator('.row')
const said = (page: Page) => page.locator('.notice').innerText()
const title = (page: Page) => page.getByRole('heading', { level: 1 }).innerText()
const visible = (page: Page, text: string | RegExp) => page.getByText(text).first().waitFor()

describe('signing in', () => {
  test('refuses an unknown key in a sentence with its code', async () => {
    const page = await open(`${service.api}/admin`)

    await page.getByLabel('API key').fill('otp_nobody')
    await button(page, 'Sign in').click()
    await visible(page, 'invalid_api_key')

    expect(await said(page)).toContain('The API does not know this key.')
  })

  test.each([
    ['', 'Type an API key.'],
    ['otp key', 'An API key has no spaces'],
    ['otp_ключ', 'An API key has no spaces'],
  ])('asks for a key where %j is none', async (key, sentence) => {
    const page = await open(`${service.api}/admin`)

    await page.getByLabel('API key').fill(key)
    await button(page, 'Sign in').click()

    await visible(page, sentence)
    expect(await page.getByLabel('API key').getAttribute('aria-invalid')).toBe('true')
  })

  test('forgets the key at a reload unless it is asked to keep it', async () => {
    const page = await signIn()
    await page.reload()
    expect(await title(page)).toBe('Sign in')

    await page.getByLabel('API key').fill(service.key)
    await page.getByLabel('Keep it until this tab is closed').check()
    await button(page, 'Sign in').click()
    await page.locator('.tools').waitFor()
    await page.reload()
    await page.locator('.tools').waitFor()
    expect(await title(page)).toBe('Devices')

    await button(page, 'Sign out').click()
    await page.reload()
    expect(await title(page)).toBe('Sign in')
  })

  test('comes back with the reason when the key is revoked', async () => {
    const page = await signIn()
    await page.route('**/all/devices?**', route =>
      route.fulfill({ status: 401, json: { code: 'invalid_api_key', status: 401 } }),
    )

    await button(page, 'Refresh').click()
    await visible(page, 'You were signed out.')

    expect(await title(page)).toBe('Sign in')
    expect(await said(page)).toContain('The API does not know this key.')
    await expectAccessible(page)
  })

  test('is left by itself once nobody has touched the page for a quarter of an hour', async () => {
    const page = await open('about:blank')
    await page.clock.install()
    await page.goto(`${service.api}/admin`)
    await page.getByLabel('API key').fill(service.key)
    await page.getByLabel('Keep it until this tab is closed').check()
    await button(page, 'Sign in').click()
    await page.locator('.tools').waitFor()

    await page.clock.runFor(14 * 60_000)
    await page.keyboard.press('Shift')
    await page.clock.runFor(14 * 60_000)
    expect(await title(page)).toBe('Devices')
    await page.clock.runFor(61_000)
    await visible(page, 'nobody has touched this page for a while')
    await expectAccessible(page)
    await page.reload()

    expect(await title(page)).toBe('Sign in')
  })

  test('leaves the key nowhere in the browser or the log', async () => {
    const page = await open(`${service.api}/admin`)
    const addresses: string[] = []
    page.on('request', request => addresses.push(request.url()))

    await page.getByLabel('API key').fill(service.key)
    await button(page, 'Sign in').click()
    await page.locator('.tools').waitFor()

    const kept = await page.evaluate(
      'JSON.stringify([localStorage, sessionStorage, history.state])',
    )
    const cookies = await page.context().cookies()
    const log = readFileSync(recordFiles.log, 'utf8').split('\n')
    const shown = /demo key|Authorization: Bearer/
    expect([...addresses, page.url()].filter(url => url.includes(service.key))).toEqual([])
    expect([String(kept).includes(service.key), cookies]).toEqual([false, []])
    expect(log.filter(line => line.includes(service.key) && !shown.test(line))).toEqual([])
  })
})

describe('the list', () => {
  test('shows numbers masked until one is asked for', async () => {
    const { user, number } = await register()
    const page = await signIn()
    await search(page, user)
    const digits = number.slice(-2)

    const before = await page.locator('main').innerText()
    await page.getByRole('button', { name: `Show number: number ending in ${digits}` }).click()
    const shown = await page.locator('main').innerText()
    await page.getByRole('button', { name: `Hide number: number ending in ${digits}` }).click()
    const after = await page.locator('main').innerText()

    expect([before, shown, after].map(text => text.includes(number))).toEqual([false, true, false])
    expect(before).toContain(`+1••••••••${digits}`)
  })

  test.each(['+14155553111', '+1 (415) 555-3111', '+1.415.555.3111', '+1 41 55 55 31 11'])(
    'finds a number that is spelled %s',
    async spelling => {
      const { user, path } = await register({ number: '+14155553111' })
      const page = await signIn()

      await search(page, spelling)

      expect(await rows(page).count()).toBe(1)
      expect(await rows(page).innerText()).toContain(user)
      await call('DELETE', path)
    },
  )

  test('finds a user whose id looks like a number', async () => {
    await call('POST', '/users/4155553222/devices', { body: { number: '+14155553222' } })
    const page = await signIn()

    await search(page, '4155553222')
    expect(await title(page)).toBe('Devices of 4155553222')
    await button(page, 'Show all').click()
    await visible(page, /devices?( loaded|$)/)

    expect(await title(page)).toBe('Devices')
  })

  test('says when nothing is found or can be searched for', async () => {
    const page = await signIn()

    await search(page, 'nobody-at-all')
    await visible(page, 'Nothing found')
    await expectAccessible(page)
    await search(page, '??')

    await visible(page, 'Nothing can be found by this text.')
  })

  test('finds a device by the end of its number, the start of its user and its own id', async () => {
    const { user, number, id } = await register()
    const page = await signIn()

    for (const text of [number.slice(-7), user.slice(0, -1), id]) {
      await expect
        .poll(
          async () => {
            await search(page, text)
            return page.locator('main').innerText()
          },
          { timeout: 20_000 },
        )
        .toContain(user)
    }
  })

  test('shows all devices of a state, and no others', async () => {
    const [locked, other] = [await register(), await register({ confirmed: true })]
    await changeItem(other, ['failures', 100])
    await call('POST', `${locked.path}/challenge`)
    await call('POST', `${locked.path}/verify`, { body: { token: 'x' } })
    const page = await signIn()
    const shown = () => page.locator('main').innerText()
    const expectShown = (state: string, user: string) =>
      expect
        .poll(
          async () => {
            await page.getByLabel('Show', { exact: true }).selectOption('All')
            await page.getByLabel('Show', { exact: true }).selectOption(state)
            await page.locator('.skeleton').waitFor({ state: 'detached' })
            return shown()
          },
          { timeout: 20_000 },
        )
        .toContain(user)

    await expectShown('Locked', locked.user)
    await expectAccessible(page)
    expect(await shown()).not.toContain(other.user)
    await expectShown('Disabled', other.user)

    expect(await shown()).not.toContain(locked.user)
  })

  test('is sorted by what is chosen', async () => {
    const number = '+14155553888'
    await register({ number, name: 'Zoe' }, 'sorted-9')
    await register({ number, name: 'Adam' }, 'sorted-10')
    const page = await signIn()
    await search(page, number)
    const names = () => page.locator('.row-name').allInnerTexts()

    await expect.poll(names).toEqual(['Zoe', 'Adam'])
    await page.getByLabel('Sort by').selectOption('Name')

    await expect.poll(names).toEqual(['Adam', 'Zoe'])
  })

  test('has room for 24 devices in a window of 1440 by 900', async () => {
    await Promise.all(Array.from({ length: 24 }, () => register()))
    const page = await signIn({ viewport: { width: 1440, height: 900 } })
    await rows(page).nth(23).waitFor()

    const box = await rows(page).nth(23).boundingBox()

    expect((box?.y ?? 999) + (box?.height ?? 0)).toBeLessThanOrEqual(900)
  })

  test('adds a device after saying what is missing', async () => {
    const page = await signIn()

    await button(page, 'Add a device').click()
    await button(page, 'Add').click()
    await visible(page, 'A user id has 1 to 128')
    await expectAccessible(page)
    const dialog = page.getByRole('dialog', { name: 'Add a device' })
    await dialog.getByLabel('User id').fill('added')
    await dialog.getByLabel('Number', { exact: true }).fill('+1 415')
    await button(page, 'Add').click()
    await visible(page, 'invalid_number')
    await dialog.getByLabel('Number', { exact: true }).fill('+1 415 555 3555')
    await dialog.getByLabel('Name').fill('Work')
    await dialog.getByLabel('The number is known to be theirs').check()
    await button(page, 'Add').click()
    await page.locator('.tiles').waitFor()

    const { body } = await call('GET', '/users/added/devices')
    expect(body.devices).toMatchObject([{ number: '+14155553555', name: 'Work', confirmed: true }])
  })

  test('deletes all devices of a user after naming them', async () => {
    const { user } = await register()
    await call('POST', `/users/${user}/devices`, { body: { number: '+14155553666' } })
    const page = await signIn()
    await search(page, user)

    await button(page, 'Delete all …').click()
    await visible(page, `${user} has 2 devices.`)
    await expectAccessible(page)
    await button(page, 'Cancel').click()
    expect((await call('GET', `/users/${user}/devices`)).body.devices).toHaveLength(2)
    await button(page, 'Delete all …').click()
    await button(page, 'Delete all').click()
    await visible(page, `All devices of ${user} were deleted.`)

    expect((await call('GET', `/users/${user}/devices`)).body.devices).toEqual([])
  })
})

describe('a device', () => {
  test('is verified by hand with the token that it is sent', async () => {
    const { user, number, path } = await register()
    const page = await signIn()
    await openDevice(page, user)

    await button(page, 'Send a token').click()
    await visible(page, /^Sent to \+1••••••••\d\d\. The token has 6 digits/)
    const token = await newestSms(number)
    expect(await page.locator('.tile').nth(3).innerText()).toMatch(/4:\d\d|5:00/)
    expect(await page.content()).not.toContain(token)
    await page.getByLabel('Token', { exact: true }).fill(`${token.slice(0, 3)} ${token.slice(3)}`)
    await button(page, 'Verify').click()
    await visible(page, 'Right. The token is used now')

    expect((await call('GET', path)).body).toMatchObject({ confirmed: true, pending: null })
    expect(await page.locator('dl').innerText()).toMatch(/Confirmed\s+Yes/)
  })

  test('shows a lock with its countdown until it is unlocked', async () => {
    const { user, path } = await register()
    await call('POST', `${path}/challenge`)
    const page = await signIn()
    await openDevice(page, user)

    await page.getByLabel('Token', { exact: true }).fill('000000')
    await button(page, 'Verify').click()
    await visible(page, 'invalid_token')
    const tile = page.locator('.tile').first()
    const first = await tile.getByRole('timer').innerText()
    await expect
      .poll(() => tile.getByRole('timer').innerText(), { timeout: 10_000 })
      .not.toBe(first)
    await expectAccessible(page)
    await button(page, 'Verify').click()
    await visible(page, 'throttled')
    expect(await tile.innerText()).toContain('1 failure in a row')
    await button(page, 'Unlock').click()
    await visible(page, 'Unlocked: failures, lock and cooldown are cleared.')

    expect((await call('GET', path)).body.throttle).toMatchObject({
      allowed: true,
      failureCount: 0,
    })
    expect(await tile.innerText()).toContain('No failures')
  })

  test('counts down by the service’s clock however wrong the machine’s is', async () => {
    const { user, path } = await register()
    await call('POST', `${path}/challenge`)
    await call('POST', `${path}/verify`, { body: { token: 'x' } })
    const page = await open('about:blank')
    await page.clock.setFixedTime(Date.now() + 3_600_000)
    await page.goto(`${service.api}/admin`)
    await page.getByLabel('API key').fill(service.key)
    await button(page, 'Sign in').click()
    await page.locator('.tools').waitFor()

    await openDevice(page, user)

    const left = await page.locator('.tile').first().getByRole('timer').innerText()
    expect(left).toMatch(/^(0:[0-5]\d|1:0\d)$/)
  })

  test('is sent the same token again, by another channel and in another language', async () => {
    const { user, number } = await register()
    const page = await signIn()
    await openDevice(page, user)
    const said: unknown[] = []
    page.on('request', request => {
      if (request.url().endsWith('/challenge')) said.push(request.postDataJSON())
    })

    await page.getByLabel('Language').selectOption('German')
    await button(page, 'Send a token').click()
    await visible(page, /^Sent to/)
    const first = await newestSms(number)
    await button(page, 'Unlock').click()
    await visible(page, 'Unlocked:')
    await page.getByLabel('By').selectOption('Call')
    await button(page, 'Send again').click()
    await visible(page, /^The same token was sent again/)
    await expectAccessible(page)

    expect(said).toEqual([{ locale: 'de' }, { channel: 'call', locale: 'de', resend: true }])
    const again = (await newestSms(number)).replace(/\D/g, '')
    expect(again).toContain(first.replace(/\D/g, ''))
  })

  test('that is locked is sent to after a question, which says until when, and offers to unlock', async () => {
    const { user, path } = await register()
    await call('POST', `${path}/challenge`)
    await call('POST', `${path}/verify`, { body: { token: 'x' } })
    const page = await signIn()
    await openDevice(page, user)

    await button(page, 'Send a token').click()
    await visible(page, /not even the right one, until \d\d:\d\d/)
    await expectAccessible(page)
    await page.keyboard.press('Escape')
    expect((await call('GET', path)).body.throttle.allowed).toBe(false)
    await button(page, 'Send a token').click()
    await button(page, 'Unlock and send').click()
    await visible(page, /^Sent to/)

    expect((await call('GET', path)).body.throttle.allowed).toBe(true)
  })

  test('says when the next SMS is possible', async () => {
    const { user } = await register()
    const page = await signIn()
    await openDevice(page, user)

    await button(page, 'Send a token').click()
    await visible(page, /^Sent to/)
    await page.locator('.tile').nth(1).getByRole('timer').waitFor()
    await button(page, 'Send a token').click()
    await visible(page, 'cooldown')

    expect(await said(page)).toMatch(/^The last SMS was too short a time ago; nothing was sent\./)
  })

  test('is edited, with a warning before another number', async () => {
    const { user, path } = await register({ confirmed: true })
    const page = await signIn()
    await openDevice(page, user)

    await button(page, 'Edit …').click()
    await page.getByLabel('Name').fill('Renamed')
    expect(await page.getByRole('dialog').innerText()).not.toContain('unconfirms')
    await page.getByLabel('New number').fill('+1 415 555 3777')
    await visible(page, 'A new number unconfirms the device')
    await expectAccessible(page)
    await button(page, 'Save').click()
    await visible(page, 'Saved.')

    expect((await call('GET', path)).body).toMatchObject({
      name: 'Renamed',
      number: '+14155553777',
      confirmed: false,
    })
  })

  test('is confirmed and unconfirmed', async () => {
    const { user, path } = await register()
    const page = await signIn()
    await openDevice(page, user)

    await button(page, 'Confirm').click()
    await visible(page, 'The device is confirmed.')
    expect((await call('GET', path)).body.confirmed).toBe(true)
    await button(page, 'Unconfirm').click()
    await visible(page, 'The device is unconfirmed.')

    expect((await call('GET', path)).body.confirmed).toBe(false)
  })

  test('is deleted after a question that names the last digits', async () => {
    const { user, number, path } = await register()
    const page = await signIn()
    await openDevice(page, user)

    await button(page, 'Delete …').click()
    await visible(page, `with the number ending in ${number.slice(-2)} is deleted for good`)
    await button(page, 'Delete').click()
    await visible(page, `The device with the number ending in ${number.slice(-2)} was deleted.`)

    expect((await call('GET', path)).status).toBe(404)
    expect(await rows(page).count()).toBe(0)
  })

  test('that is gone says so', async () => {
    const page = await signIn()

    await page.goto(`${service.api}/admin#/users/nobody/devices/none`)
    await visible(page, 'device_not_found')

    await expectAccessible(page)
  })
})

describe('a service that does not answer', () => {
  test('is shown by grey shapes until it is called slow', async () => {
    const page = await signIn()
    await page.clock.install()
    const { promise: answered, resolve: answer } = Promise.withResolvers<void>()
    // The client may give a try up and make another: each waits for the same answer.
    await page.route('**/all/devices?**', async route => {
      await answered
      await route.continue()
    })

    await button(page, 'Refresh').click()
    await page.locator('.skeleton').waitFor()
    await expectAccessible(page)
    await page.clock.runFor(4100)
    await page.clock.runFor(4500)
    await visible(page, 'This takes longer than usual')
    answer()

    await page.locator('.skeleton').waitFor({ state: 'detached' })
  })

  test.each([
    ['no_answer', 'The service cannot be reached.', null],
    ['unavailable', 'The service could not answer in time.', { code: 'unavailable' }],
    ['internal_error', 'Request r-1 is in its log.', { code: 'internal_error', requestId: 'r-1' }],
    ['gateway_throttled', 'Too many requests at once.', { message: 'Too Many Requests' }],
    ['no_answer', 'in a form that is not its own (502)', 'Bad gateway'],
    ['unreadable', 'in a form that is not its own (404)', { message: 'Not Found' }],
  ])('is reported in a sentence and asked again: %s', async (code, sentence, json) => {
    const page = await signIn()
    const status =
      { unavailable: 503, internal_error: 500, gateway_throttled: 429, unreadable: 404 }[code] ??
      502
    await page.route('**/all/devices?**', route =>
      json === null ? route.abort() : route.fulfill({ status, json }),
    )

    await button(page, 'Refresh').click()
    await visible(page, sentence)
    expect(await page.locator('.notice code').innerText()).toBe(code)
    await expectAccessible(page)
    await page.unroute('**/all/devices?**')
    await button(page, 'Try again').click()

    await page.locator('.failed').waitFor({ state: 'detached' })
  })

  test('for the next page leaves what is there to go on from', async () => {
    await Promise.all(Array.from({ length: 60 }, () => register()))
    const page = await signIn()
    await page.route('**/all/devices?**', route => route.abort())

    await button(page, 'Load more').click()
    await visible(page, 'no_answer')
    expect(await rows(page).count()).toBe(50)
    await page.unroute('**/all/devices?**')
    await button(page, 'Try again').click()

    await expect.poll(() => rows(page).count(), { timeout: 10_000 }).toBeGreaterThan(50)
  })

  test('that lost the answer to a challenge is asked again with the same Idempotency-Key', async () => {
    const { user } = await register()
    const page = await signIn()
    await openDevice(page, user)
    const names: (string | undefined)[] = []
    await page.route('**/challenge', async route => {
      names.push(route.request().headers()['idempotency-key'])
      return names.length === 1 ? route.abort() : route.continue()
    })

    await button(page, 'Send a token').click()
    await visible(page, /^Sent to/)
    await button(page, 'Send a token').click()
    await visible(page, 'cooldown')

    expect(names[0]).toMatch(/^[0-9a-f-]{36}$/)
    expect([names[1] === names[0], names[2] === names[0]]).toEqual([true, false])
  })
})

test('the console speaks the browser’s language until another is chosen', async () => {
  const page = await open(`${service.api}/admin`, { locale: 'de-DE' })
  expect(await title(page)).toBe('Anmelden')

  await button(page, 'English').click()
  await visible(page, 'Look up phones')
  await page.reload()

  expect(await title(page)).toBe('Sign in')
  expect(await page.locator('html').getAttribute('lang')).toBe('en')
})

test('times are local and exact on hover', async () => {
  const { user, path } = await register()
  const { createdAt } = (await call('GET', path)).body
  const page = await signIn({ timezoneId: 'Asia/Tokyo' })
  await openDevice(page, user)

  const time = page.locator('dl time').first()

  const local = new Date(createdAt).toLocaleTimeString('en-GB', { timeZone: 'Asia/Tokyo' })
  expect(await time.innerText()).toBe(local)
  expect(await time.getAttribute('title')).toContain(createdAt)
})

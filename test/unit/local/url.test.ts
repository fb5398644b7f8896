// Every URL that npm start prints can be opened on this machine.
import { afterEach, describe, expect, it } from 'vitest'
import { startTwilioStandIn, type TwilioStandIn } from '../../../infra/local/twilio/stand-in.ts'
import { urlOf } from '../../../infra/local/url.ts'

describe('the URL of a host', () => {
  it.each([
    ['127.0.0.1', 'http://127.0.0.1:3000'],
    ['localhost', 'http://localhost:3000'],
    ['192.168.0.7', 'http://192.168.0.7:3000'],
    ['::1', 'http://[::1]:3000'],
    ['0.0.0.0', 'http://127.0.0.1:3000'],
    ['::', 'http://[::1]:3000'],
    ['0:0:0:0:0:0:0:0', 'http://[::1]:3000'],
    ['box.lan', 'http://box.lan:3000'],
  ])('%s is %s', (host, url) => {
    expect(urlOf(host, 3000)).toBe(url)
    expect(URL.canParse(urlOf(host, 3000))).toBe(true)
  })
})

describe('a server', () => {
  let started: TwilioStandIn | undefined
  afterEach(() => started?.close())

  it.each(['127.0.0.1', '::1', '0.0.0.0', '::'])('on %s is opened at its URL', async host => {
    started = await startTwilioStandIn({ host })

    expect((await fetch(started.url)).status).toBe(200)
  })
})

// .env.<stage>: what is read of it, and what is refused with which next step.
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { checkNames, readEnvFile } from '../../../infra/stack/env-file.ts'
import { settings } from '../../../infra/stack/settings.ts'

const read = (text: string) => readEnvFile(text, '.env.prod')

describe('a value', () => {
  it.each([
    ['reaches to the end of its line', 'OTP_TWILIO_FROM=My Shop', 'My Shop'],
    ['loses the blanks around it', '  OTP_TWILIO_FROM =  +15005550006  ', '+15005550006'],
    ['may be empty', 'OTP_TWILIO_FROM=', ''],
    ['keeps the blanks in single quotes', "OTP_TWILIO_FROM=' a '", ' a '],
    ['keeps a # in double quotes', 'OTP_TWILIO_FROM="a # b"', 'a # b'],
    ['keeps a # without a blank', 'OTP_TWILIO_FROM=a#b', 'a#b'],
    ['keeps the quotes within it', 'OTP_TWILIO_FROM={"GB": "a"}', '{"GB": "a"}'],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: as it may stand in such a file
    ['is not looked into for other values', 'OTP_TWILIO_FROM=$HOME ${PATH}', '$HOME ${PATH}'],
    ['ends before a carriage return', 'OTP_TWILIO_FROM=a\r\n', 'a'],
    ['is found after a byte order mark', '\uFEFFOTP_TWILIO_FROM=a', 'a'],
    ['may have an equals sign', 'OTP_TWILIO_FROM=*=0.08', '*=0.08'],
  ])('%s', (_, text, value) => {
    expect(read(text)).toEqual({ OTP_TWILIO_FROM: value })
  })
})

it('comments and empty lines are passed over', () => {
  expect(read('# OTP_TWILIO_FROM=a\n\n  # more\n \n')).toEqual({})
})

describe('a line is refused with its number', () => {
  it.each([
    ['that is no setting at all', 'hello', 'this is not NAME=value; a comment begins with #.'],
    [
      'with export before the name',
      'export OTP_TWILIO_FROM=a',
      'this is not NAME=value; a comment begins with #.',
    ],
    [
      'with a mistyped name',
      'OTP_TWILIO_TOKEN_LENGHT=6',
      'OTP_TWILIO_TOKEN_LENGHT is no setting; did you mean OTP_TWILIO_TOKEN_LENGTH?',
    ],
    [
      'with a name of somebody else',
      'NODE_OPTIONS=--inspect',
      'NODE_OPTIONS is no setting of this service, and only those stand here.',
    ],
    [
      "with AWS's endpoint",
      'AWS_ENDPOINT_URL_SSM=http://evil',
      'AWS_ENDPOINT_URL_SSM is no setting of this service, and only those stand here.',
    ],
    [
      'with a secret',
      'OTP_TWILIO_AUTH=canary',
      'OTP_TWILIO_AUTH is a secret: npm run secrets or api-key keeps it in SSM, and it stands in no file.',
    ],
    ['with a comment behind the value', 'OTP_TWILIO_FROM=a # b', /OTP_TWILIO_FROM has a # after/],
    ['with a quote that does not end', "OTP_TWILIO_FROM='a", /OTP_TWILIO_FROM begins with '/],
    ['with text behind a quote', "OTP_TWILIO_FROM='a' b", /OTP_TWILIO_FROM begins with '/],
    ['with a quote within quotes', "OTP_TWILIO_FROM='a'b'", /OTP_TWILIO_FROM begins with '/],
  ])('%s', (_, line, sentence) => {
    const refusal = () => read(`# one\n${line}`)

    expect(refusal).toThrow(/^\.env\.prod, line 2: .+[.?]$/)
    expect(refusal).toThrow(sentence)
    expect(refusal).not.toThrow('canary')
  })

  it('that sets a name a second time', () => {
    expect(() => read('OTP_TWILIO_FROM=a\nOTP_TWILIO_FROM=b')).toThrow(
      '.env.prod, line 2: OTP_TWILIO_FROM is set twice.',
    )
  })
})

describe('the environment', () => {
  it('may have settings, secrets, what a deploy derives, and names of others', () => {
    const names = ['OTP_TWILIO_FROM', 'OTP_API_KEYS', 'OTP_STAGE', 'OTP_SSM_PATH', 'PATH', 'OTPX']

    expect(() => checkNames(Object.fromEntries(names.map(name => [name, 'a'])))).not.toThrow()
  })

  it('may have no OTP_ name that nothing reads', () => {
    expect(() => checkNames({ OTP_TWILIO_COOLDOW: '1' })).toThrow(
      'OTP_TWILIO_COOLDOW in the environment is no setting; did you mean OTP_TWILIO_COOLDOWN?',
    )
  })
})

describe('.env.example', () => {
  const text = readFileSync(new URL('../../../.env.example', import.meta.url), 'utf8')
  const found = [...text.matchAll(/^# .*\.\n# (OTP_\w+)=(.*)$/gm)]

  it('has every setting once, with what it means and what is shipped', () => {
    const named = found.map(([, name, shipped]) => [name, shipped])

    expect(named.toSorted()).toEqual(Object.entries(settings).toSorted())
  })

  it('says the default of each', () => {
    const texts = text.split(/^# OTP_\w+=.*$/m).slice(0, -1)

    expect(
      texts
        .map(one => one.split('\n\n').at(-1))
        .filter(one => !/Default:\s|One of the two|The number to send from/.test(one!)),
    ).toEqual([])
  })

  it('is read as nothing, so that a copy changes nothing', () => {
    expect(readEnvFile(text, '.env.prod')).toEqual({})
  })

  it('is understood when each # is taken away', () => {
    const taken = text.replaceAll(/^# (OTP_\w+=)/gm, '$1')

    expect(readEnvFile(taken, '.env.prod')).toEqual(settings)
  })
})

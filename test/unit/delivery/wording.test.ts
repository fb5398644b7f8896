// The words of a message: their language, their text, and how many segments they take.
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { countSegments } from '../../../lib/delivery/segments.ts'
import {
  longMessages,
  smsFor,
  textFor,
  twimlFor,
  type Wording,
} from '../../../lib/delivery/wording.ts'
import { messageRoutes } from '../../../lib/settings/countries.ts'
import {
  chooseLanguage,
  saidLanguages,
  shippedTemplates,
  spokenTemplates,
  voiceOf,
} from '../../../lib/settings/languages.ts'
import { messageSettings } from '../../../lib/settings/messages.ts'
import { showsToken } from '../../../lib/settings/template.ts'

const american = { number: '+15555550100', locale: null }
const wording = (env: Record<string, string> = {}): Wording => ({
  tokenTemplate: '{token}',
  ...messageSettings(env),
})
const shipped = { OTP_TWILIO_TOKEN_TEMPLATES: '{}' }

describe('a language', () => {
  const available = ['en', 'de', 'es', 'fr', 'pt', 'pt-BR']

  it.each([
    ['de-AT', '+15555550100', 'de'],
    ['DE_at', '+15555550100', 'de'],
    ['pt-BR', '+15555550100', 'pt-BR'],
    ['PT-br', '+15555550100', 'pt-BR'],
    [' de ', '+15555550100', 'de'],
    ['pt-PT', '+15555550100', 'pt'],
    ['de-Latn-CH', '+15555550100', 'de'],
    [null, '+4915123456789', 'de'],
    [null, '+436641234567', 'de'],
    [null, '+34612345678', 'es'],
    [null, '+5215512345678', 'es'],
    [null, '+18095550100', 'es'],
    [null, '+33612345678', 'fr'],
    [null, '+221701234567', 'fr'],
    [null, '+5511912345678', 'pt'],
    [null, '+351912345678', 'pt'],
    [null, '+15555550100', 'en'],
    [null, '+819012345678', 'en'],
    ['ja', '+33612345678', 'fr'],
    ['', '+33612345678', 'fr'],
    ['-', '+33612345678', 'fr'],
    ['x'.repeat(64), '+819012345678', 'en'],
  ])('of %s at %s is %s', (locale, number, language) => {
    expect(chooseLanguage({ locale, number }, available)).toBe(language)
  })

  it.each([
    ['iw-IL', ['he'], 'he'],
    ['he', ['iw'], 'iw'],
    ['in-ID', ['id'], 'id'],
    ['no-NO', ['nb'], 'nb'],
    ['nb-NO', ['nn', 'no'], 'no'],
    ['tl', ['fil'], 'fil'],
    ['mo', ['ro'], 'ro'],
    ['zh-Hant-TW', ['zh', 'zh-TW'], 'zh-TW'],
    ['zh-TW', ['zh', 'zh-Hant'], 'zh-Hant'],
    ['zh-HK', ['zh', 'zh-TW'], 'zh-TW'],
    ['zh-Hans-SG', ['zh-TW', 'zh'], 'zh'],
    ['cmn-CN', ['zh-TW', 'zh'], 'zh'],
    ['zh-TW', ['zh'], 'zh'],
    ['sr-Latn', ['sr', 'sr-Latn-RS'], 'sr-Latn-RS'],
    ['ca-ES', ['ca-valencia', 'ca'], 'ca-valencia'],
    ['ca', ['ca-valencia', 'ca'], 'ca'],
    ['pt-PT', ['pt-BR'], 'pt-BR'],
    ['en-GB', ['en-US', 'en-GB'], 'en-GB'],
    ['de_AT.UTF-8', ['de'], 'de'],
    ['de-AT-u-nu-latn', ['de', 'de-AT'], 'de-AT'],
    ['de-x', ['de'], 'de'],
  ])('of %s out of %j is %s', (locale, available, language) => {
    expect(chooseLanguage({ ...american, locale }, [...available, 'en'])).toBe(language)
  })

  it('is English where the number’s own is not available', () => {
    expect(chooseLanguage({ ...american, number: '+4915123456789' }, ['it', 'en'])).toBe('en')
  })

  it('is none where none is available', () => {
    expect(chooseLanguage(american, ['it'])).toBeNull()
  })

  it.each([
    ['en', null, '+15555550100', 'en-US'],
    ['en', 'en-GB', '+15555550100', 'en-GB'],
    ['pt', null, '+351912345678', 'pt-PT'],
    ['pt', null, '+5511912345678', 'pt-BR'],
    ['es', 'es-mx', '+15555550100', 'es-MX'],
    ['de', 'fr-CA', '+15555550100', 'de-DE'],
    ['sv-SE', null, '+15555550100', 'sv-SE'],
    ['sv', null, '+15555550100', 'sv-SE'],
    ['da', null, '+15555550100', 'da-DK'],
    ['it', null, '+5511912345678', 'it-IT'],
    ['en', 'EN_au', '+15555550100', 'en-AU'],
    ['en', 'en-IN', '+15555550100', 'en-IN'],
    ['es', 'es-US', '+15555550100', 'es-US'],
    ['fr', 'fr-CA', '+15555550100', 'fr-CA'],
    ['pt', 'pt-BR', '+15555550100', 'pt-BR'],
    ['ja', null, '+819012345678', 'ja-JP'],
    ['ko', null, '+15555550100', 'ko-KR'],
    ['cs', null, '+15555550100', 'cs-CZ'],
    ['iw', null, '+15555550100', 'he-IL'],
    ['no', null, '+15555550100', 'nb-NO'],
    ['zh', null, '+15555550100', 'cmn-CN'],
    ['zh-TW', null, '+15555550100', 'zh-TW'],
    ['zh-HK', null, '+15555550100', 'zh-HK'],
    ['ar', null, '+15555550100', 'arb'],
    ['bn', null, '+15555550100', 'bn-IN'],
    ['tl', null, '+15555550100', 'fil-PH'],
    ['de-CH', null, '+15555550100', 'de-DE'],
    ['de', 'de-AT', '+15555550100', 'de-AT'],
    ['pt', 'pt', '+351912345678', 'pt-PT'],
    ['haw', null, '+15555550100', null],
    ['sr-Latn', null, '+15555550100', null],
  ])('%s of %s at %s is spoken as %s', (language, locale, number, voice) => {
    expect(voiceOf(language, { locale, number })).toBe(voice)
  })
})

describe('what Twilio says', () => {
  const declared = readFileSync(
    new URL('../../../node_modules/twilio/lib/twiml/VoiceResponse.d.ts', import.meta.url),
    'utf8',
  )
  const said = [...(/type SayLanguage = ([^;]+);/.exec(declared)?.[1] ?? '').matchAll(/"(.+?)"/g)]

  it('is what its package says', () => {
    expect(saidLanguages).toEqual(said.map(([, tag]) => tag))
    expect(saidLanguages.length).toBeGreaterThanOrEqual(50)
  })

  it('is spoken for each of its languages, with a region and without', () => {
    const short = saidLanguages.map(tag => tag.replace(/-.*/, ''))
    const all = [...saidLanguages, ...short]

    const spoken = all.map(language => voiceOf(language, american))

    expect(spoken.filter(voice => !saidLanguages.includes(String(voice)))).toEqual([])
    expect(saidLanguages.map(language => voiceOf(language, american))).toEqual([...saidLanguages])
  })
})

describe('a text', () => {
  it('is the template of django-otp-twilio by default, whatever the locale', () => {
    expect(textFor({ ...american, locale: 'de' }, '402517', wording())).toBe('402517')
  })

  it('is shipped in five languages', () => {
    expect(Object.keys(shippedTemplates)).toEqual(['en', 'de', 'es', 'fr', 'pt'])
  })

  it('is a shipped one where templates are asked for', () => {
    expect(textFor({ ...american, locale: 'es' }, '402517', wording(shipped))).toBe(
      '402517 es su clave. No la comparta con nadie.',
    )
  })

  it('that is shipped shows the token, written or spoken', () => {
    const texts = [...Object.values(shippedTemplates), ...Object.values(spokenTemplates)]

    expect(texts.map(showsToken)).toEqual(Array(10).fill(true))
  })

  it('is the deployment’s own where it has one, and else a shipped one', () => {
    const own = wording({ OTP_TWILIO_TOKEN_TEMPLATES: '{"de": "Bank: {token}"}' })

    expect(textFor({ ...american, locale: 'de' }, '402517', own)).toBe('Bank: 402517')
    expect(textFor({ ...american, locale: 'fr' }, '402517', own)).toContain('est votre code')
  })

  it('is nothing but the template where no phone is to fill it in', () => {
    expect(smsFor(american, '402517', wording())).toBe('402517')
  })

  it.each([
    [{ OTP_TWILIO_ORIGIN: 'example.com' }, '402517\n\n@example.com #402517'],
    [{ OTP_TWILIO_ANDROID_HASH: 'FA+9qCX9VSu' }, '402517\n\nFA+9qCX9VSu'],
    [
      { OTP_TWILIO_ORIGIN: 'example.com', OTP_TWILIO_ANDROID_HASH: 'FA+9qCX9VSu' },
      '402517\n\nFA+9qCX9VSu\n@example.com #402517',
    ],
  ])('has the lines of %o at its end', (env, text) => {
    expect(smsFor(american, '402517', wording(env))).toBe(text)
  })
})

describe('a call', () => {
  it('says the digits one by one, twice', () => {
    const twiml = twimlFor({ ...american, locale: 'de' }, '402517', wording())

    const say = '<Say language="de-DE">Ihr Code lautet 4, 0, 2, 5, 1, 7.</Say>'
    expect(twiml).toBe(
      `<?xml version="1.0" encoding="UTF-8"?><Response>${say}<Pause length="1"/>${say}</Response>`,
    )
  })

  it('says a language in a tag that Twilio knows', () => {
    const own = wording({ OTP_TWILIO_TOKEN_TEMPLATES: '{"ja": "コードは {token}"}' })

    expect(twimlFor({ ...american, locale: 'ja' }, '402517', own)).toContain(
      '<Say language="ja-JP">コードは 4, 0, 2, 5, 1, 7</Say>',
    )
  })

  it('falls back, text and all, where Twilio cannot say the language', () => {
    const own = wording({ OTP_TWILIO_TOKEN_TEMPLATES: '{"haw": "Helu {token}"}' })

    expect(twimlFor({ number: '+4915123456789', locale: 'haw' }, '402517', own)).toContain(
      '<Say language="de-DE">Ihr Code lautet 4, 0, 2, 5, 1, 7.</Say>',
    )
  })

  it('says the deployment’s own text with its markup escaped', () => {
    const own = wording({ OTP_TWILIO_TOKEN_TEMPLATES: '{"en": "A&B <b>\\"{token}\\""}' })

    expect(twimlFor(american, '402517', own)).toContain(
      '>A&#38;B &#60;b&#62;&#34;4, 0, 2, 5, 1, 7&#34;</Say>',
    )
  })

  it('has no lines by which phones fill the token in', () => {
    const env = { OTP_TWILIO_ORIGIN: 'example.com', OTP_TWILIO_ANDROID_HASH: 'FA+9qCX9VSu' }

    expect(twimlFor(american, '402517', wording(env))).not.toMatch(/example|FA\+9/)
  })
})

describe('segments', () => {
  it.each([
    ['', 1],
    ['a'.repeat(160), 1],
    ['a'.repeat(161), 2],
    ['a'.repeat(306), 2],
    ['a'.repeat(307), 3],
    [`${'a'.repeat(158)}€`, 1],
    [`${'a'.repeat(159)}€`, 2],
    ['á'.repeat(70), 1],
    ['á'.repeat(71), 2],
    [`${'a'.repeat(68)}🔑`, 1],
    [`${'a'.repeat(69)}🔑`, 2],
    ['@£$¥èéùìòÇ'.repeat(16), 1],
  ])('of %j are %i', (text, segments) => {
    expect(countSegments(text)).toBe(segments)
  })

  it('of a shipped text is one even with autofill and the longest token', () => {
    const all = wording({
      ...shipped,
      OTP_TWILIO_ORIGIN: 'login.example-company.com',
      OTP_TWILIO_ANDROID_HASH: 'FA+9qCX9VSu',
    })

    expect(longMessages(all, messageRoutes({}), 8)).toEqual([])
  })

  it('are those of a token as long as it is set', () => {
    const one = { ...wording(), tokenTemplate: `${'x'.repeat(153)}{token}` }

    expect(longMessages(one, messageRoutes({}), 7)).toEqual([])
    expect(longMessages(one, messageRoutes({}), 8)).toHaveLength(1)
  })

  it('that are several are reported by their setting', () => {
    const long = 'x'.repeat(150)
    const templates = { OTP_TWILIO_TOKEN_TEMPLATES: `{"it": "${long} {token}"}` }
    const one = { ...wording(), tokenTemplate: `ç${long}{token}` }

    const noRoutes = messageRoutes({})

    expect(longMessages(one, noRoutes, 6)).toEqual([
      { setting: 'OTP_TWILIO_TOKEN_TEMPLATE', segments: 3 },
    ])
    const withOrigin = wording({ ...templates, OTP_TWILIO_ORIGIN: 'a.example' })
    expect(longMessages(withOrigin, noRoutes, 6)).toEqual([
      { setting: 'OTP_TWILIO_TOKEN_TEMPLATES.it', segments: 2 },
    ])
  })

  it('of a route’s template are counted with the lines for phones', () => {
    const template = `${'x'.repeat(150)} {token}`
    const routes = routesOf({ GB: { template }, FR: { template: '{token}' }, DE: { from: 'Acme' } })

    expect(longMessages(wording(), routes, 6)).toEqual([])
    expect(longMessages(wording({ OTP_TWILIO_ORIGIN: 'a.example' }), routes, 6)).toEqual([
      { setting: 'OTP_TWILIO_ROUTES.GB.template', segments: 2 },
    ])
  })

  it('of a template that no country uses are not reported', () => {
    const unused = { ...wording(), tokenTemplate: `${'x'.repeat(160)}{token}` }
    const short = routesOf({ default: { template: '{token}' } })

    expect(longMessages(unused, short, 6)).toEqual([])
  })

  it('of a template that a country has from the default are reported once', () => {
    const unused = { ...wording(), tokenTemplate: `${'x'.repeat(160)}{token}` }
    const long = routesOf({ default: { template: 'ç'.repeat(71) }, GB: { from: 'Acme' } })

    expect(longMessages(unused, long, 6)).toEqual([
      { setting: 'OTP_TWILIO_ROUTES.default.template', segments: 2 },
    ])
  })
})

function routesOf(routes: object) {
  return messageRoutes({ OTP_TWILIO_ROUTES: JSON.stringify(routes) })
}

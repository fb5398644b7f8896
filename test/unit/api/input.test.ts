// Whatever is sent, the answer is one of ours: no uncaught error, no 5xx, nothing taken off a token
// but what nobody sees, and separators. The middlewares, checks and parsers are the real ones;
// behind them is nothing.
import fc from 'fast-check'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { hashApiKey, parseApiKeys } from '../../../lib/api/api-key.ts'
import { readCursor, writeCursor } from '../../../lib/api/cursor.ts'
import { type OperationName, operations } from '../../../lib/api/operations.ts'
import { json } from '../../../lib/api/response.ts'
import { parseNumber } from '../../../lib/device/number.ts'
import { Problem } from '../../../lib/problem.ts'
import { deliverySettings } from '../../../lib/settings/delivery.ts'
import { defaultCountry, deviceSettings } from '../../../lib/settings/device.ts'
import { indexKey, tokenKey, twilioCredentials } from '../../../lib/settings/secrets.ts'
import { isTemplate, renderTemplate } from '../../../lib/settings/template.ts'
import { typedToken } from '../../../lib/typed.ts'
import { figure } from '../../support/figures.ts'
import { keptApiKeys } from '../../support/keys.ts'
import { context, eventOf, type Request } from '../../support/lambda.ts'
import { nastyBody, nastyHeader, nastyJson, nastyText } from '../../support/nasty.ts'
import { propertyRuns } from '../../support/runs.ts'

// A line for each of a million requests would only be in the way.
vi.stubEnv('POWERTOOLS_LOG_LEVEL', 'SILENT')
vi.stubEnv('POWERTOOLS_METRICS_DISABLED', 'true')
vi.stubEnv('POWERTOOLS_METRICS_NAMESPACE', 'test')
const { endpoint } = await import('../../../lib/api/endpoint.ts')
const key = 'otp_key-of-the-inputs'
const kept = { name: 'inputs', hash: hashApiKey(key), scopes: JSON.parse(keptApiKeys)[0].scopes }
const secrets = { OTP_API_KEYS: JSON.stringify([kept]) }
const source = {
  load: async () => secrets,
  reload: async () => secrets,
  prepare: async () => {},
}
const names = Object.keys(operations) as OperationName[]
const handlers = names.map(name =>
  endpoint(operations[name], async request => json(200, request.body ?? {}), {
    secrets: source,
  }),
)

afterAll(() => vi.unstubAllEnvs())

async function ask(operation: number, request: Request) {
  const event = eventOf({ headers: {}, ...request })
  const answer = await handlers[operation]?.(event as never, context)
  return answer as { statusCode: number; body: string }
}

/** Holds a property for its share of the inputs, and reports how many there were. */
async function hold<T>(
  claim: string,
  { sample, share }: { sample: number; share: number },
  property: fc.IAsyncPropertyWithHooks<T> | fc.IPropertyWithHooks<T>,
): Promise<void> {
  const { failed, numRuns, counterexample } = await fc.check(
    property as fc.IAsyncPropertyWithHooks<T>,
    { numRuns: propertyRuns({ sample, share }) },
  )
  figure({ claim: `input: ${claim}`, trials: numRuns, violations: Number(failed) })
  expect([failed, JSON.stringify(counterexample)?.slice(0, 300)]).toEqual([false, 'null'])
}

const long = { timeout: 600_000 }
const operation = fc.nat({ max: names.length - 1 })

describe('a request', () => {
  it('of any kind is answered in JSON below 500', long, () =>
    hold(
      'any request is answered below 500',
      { sample: 3000, share: 0.4 },
      fc.asyncProperty(
        operation,
        nastyBody,
        fc.record({
          userId: nastyText,
          deviceId: nastyText,
          good: fc.boolean(),
          base64: fc.boolean(),
          type: nastyHeader,
          authorization: nastyHeader,
          idempotencyKey: nastyHeader,
          query: fc.dictionary(
            fc.constantFrom('number', 'limit', 'cursor', 'confirmed', '__proto__', 'x'),
            nastyText,
          ),
        }),
        async (name, body, given) => {
          const { good, type, authorization, idempotencyKey } = given
          const { statusCode, body: answered } = await ask(name, {
            body,
            base64: given.base64,
            userId: good ? 'user' : given.userId,
            deviceId: good ? 'device' : given.deviceId,
            ...(!good && { query: given.query }),
            headers: {
              authorization: good ? `Bearer ${key}` : (authorization ?? null),
              'content-type': good ? 'application/json' : (type ?? null),
              'idempotency-key': idempotencyKey ?? null,
            },
          })
          JSON.parse(answered)
          return statusCode < 500
        },
      ),
    ),
  )

  it('with any Authorization but the key is let in nowhere', long, () =>
    hold(
      'no Authorization but the key is let in',
      { sample: 1500, share: 0.15 },
      fc.asyncProperty(
        fc.oneof(
          nastyText,
          nastyText.map(text => `Bearer ${text}`),
          nastyText
            .map(text => `Bearer ${key}${text}`)
            .filter(text => text.trim() !== `Bearer ${key}`),
          fc.nat({ max: key.length - 1 }).map(length => `Bearer ${key.slice(0, length)}`),
        ),
        async authorization => {
          const request = { userId: 'u', deviceId: 'd', body: { token: '1' } }
          const verify = names.indexOf('verify')
          const { statusCode } = await ask(verify, { ...request, headers: { authorization } })
          return statusCode === 401
        },
      ),
    ),
  )
})

describe('a token', () => {
  const verifyWith = async (token: unknown) => {
    const { statusCode, body } = await ask(names.indexOf('verify'), {
      userId: 'u',
      deviceId: 'd',
      body: { token },
      headers: { authorization: `Bearer ${key}` },
    })
    return { statusCode, token: JSON.parse(body).token }
  }

  it('is taken as it was meant, and what is no digit not changed', long, () =>
    hold(
      'a token is taken as it was meant, nothing else',
      { sample: 1500, share: 0.15 },
      fc.asyncProperty(nastyText, async text => {
        const { statusCode, token } = await verifyWith(text)
        const isRefused = statusCode === 400 || statusCode === 413
        return isRefused || (statusCode === 200 && token === typedToken(text))
      }),
    ),
  )

  it('that is no text is a bad request', long, () =>
    hold(
      'a token that is no text is refused',
      { sample: 500, share: 0.05 },
      fc.asyncProperty(
        nastyJson.filter(value => typeof value !== 'string'),
        async value => [400, 413].includes((await verifyWith(value)).statusCode),
      ),
    ),
  )

  it.each([
    ['full-width digits', '１２３４５６', 200, '123456'],
    ['a space within', '12 3456', 200, '123456'],
    ['letters', 'O1234l', 200, 'O1234l'],
    ['an exponent', '1e5', 200, '1e5'],
    ['a zero byte', '123456\u0000', 200, '123456\u0000'],
    ['a list', ['123456'], 400, undefined],
    ['a number', 123456, 400, undefined],
    ['10 KB', '1'.repeat(10_240), 400, undefined],
  ])('of %s is taken as it was meant or refused', async (_, sent, status, token) => {
    expect(await verifyWith(sent)).toEqual({ statusCode: status, token })
  })
})

/** Whether what it does ends well, or with this problem, which does not quote the input. */
function endsWith(code: string, input: string, act: () => unknown): boolean {
  try {
    act()
    return true
  } catch (error) {
    const quoted = input.trim().length > 20 && String(error).includes(input)
    return error instanceof Problem && error.code === code && !quoted
  }
}

describe('a parser', () => {
  it('of numbers gives E.164 or refuses', long, () =>
    hold(
      'numbers become E.164 or are refused',
      { sample: 1000, share: 0.1 },
      fc.property(nastyText, fc.constantFrom(null, 'GB', 'US', 'DE'), (text, country) =>
        endsWith('invalid_number', text, () =>
          expect(parseNumber(text, country)).toMatch(/^\+[1-9]\d{6,14}$/),
        ),
      ),
    ),
  )

  it('of templates renders what it accepts', long, () =>
    hold(
      'templates render or are refused',
      { sample: 1000, share: 0.05 },
      fc.property(nastyText, text => {
        if (!isTemplate(text)) return /[{}]/.test(text)
        const plain = text.replaceAll('{{', '\u0001').replaceAll('}}', '\u0002')
        const expected = plain
          .replaceAll('{token}', '654321')
          .replaceAll('\u0001', '{')
          .replaceAll('\u0002', '}')
        const isMixed = text.includes('\u0001') || text.includes('\u0002')
        return isMixed || renderTemplate(text, '654321') === expected
      }),
    ),
  )

  it('of settings and secrets names a bad one without its value', long, () =>
    hold(
      'settings and secrets are read or named',
      { sample: 500, share: 0.05 },
      fc.property(
        fc.constantFrom(
          ...['URL', 'CHALLENGE_MESSAGE', 'FROM', 'MESSAGING_SERVICE_SID', 'NO_DELIVERY'],
          ...['THROTTLE_FACTOR', 'TOKEN_TEMPLATE', 'TOKEN_VALIDITY', 'TOKEN_LENGTH', 'COOLDOWN'],
          ...['MAX_FAILURES', 'THROTTLE_MAX', 'DEFAULT_COUNTRY', 'ACCOUNT', 'AUTH', 'API_KEY'],
        ),
        nastyText,
        (name, value) => {
          const env = {
            OTP_STAGE: 'prod',
            [`OTP_TWILIO_${name}`]: value,
            OTP_TOKEN_KEY: value,
            OTP_INDEX_KEY: value,
          }
          const read = [deviceSettings, deliverySettings, twilioCredentials, tokenKey, indexKey]
          return (
            read.every(one => endsWith('not_configured', value, () => one(env))) &&
            endsWith('not_configured', value, () => parseApiKeys(value)) &&
            endsWith('not_configured', value, () =>
              parseNumber('+14155552671', defaultCountry(env)),
            )
          )
        },
      ),
    ),
  )

  it('of cursors takes back only what it gave', long, () =>
    hold(
      'cursors are taken back, and nothing else is',
      { sample: 500, share: 0.05 },
      fc.property(nastyText, nastyText, (text, number) => {
        const scope = {
          ...{ indexKey: new Uint8Array(32), caller: kept },
          ...{ operation: 'find-devices', filter: number, now: 0 },
        }
        const start = { userId: text, deviceId: number }
        const cursor = writeCursor(start, scope)
        expect(readCursor(cursor, scope)).toEqual(JSON.parse(JSON.stringify(start)))
        for (const other of [text, cursor + text, `${text}.${cursor}`]) {
          if (other === cursor) continue
          expect(() => readCursor(other, scope)).toThrow(Problem)
        }
        return true
      }),
    ),
  )
})

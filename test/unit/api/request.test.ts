// What clients send, taken or refused before anything is read or written; and what a refusal may
// say of it.
import type { APIGatewayProxyEventV2 } from 'aws-lambda'
import fc from 'fast-check'
import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import type { ObjectSchema } from '../../../lib/api/operation.ts'
import {
  header,
  readBody,
  readIdempotencyKey,
  readIds,
  readQuery,
} from '../../../lib/api/request.ts'
import {
  createBody,
  findQuery,
  listQuery,
  nothing,
  patchBody,
  verifyBody,
} from '../../../lib/api/schemas.ts'
import { Problem, type ProblemCode } from '../../../lib/problem.ts'

const bodies = { createBody, patchBody, verifyBody, nothing }
const ofJson = { 'content-type': 'application/json' }
const mustBeAnObject = 'The body must be a JSON object.'

function eventOf(given: Partial<APIGatewayProxyEventV2>): APIGatewayProxyEventV2 {
  return { headers: {}, ...given } as APIGatewayProxyEventV2
}

function withBody(body: string, headers: Record<string, string> = ofJson) {
  return eventOf({ body, headers, isBase64Encoded: false })
}

function withBytes(bytes: Buffer) {
  return eventOf({ body: bytes.toString('base64'), headers: ofJson, isBase64Encoded: true })
}

function withQuery(queryStringParameters: Record<string, string>) {
  return eventOf({ queryStringParameters })
}

function refusalOf(read: () => unknown): Problem | null {
  try {
    read()
    return null
  } catch (error) {
    if (error instanceof Problem) return error
    throw error
  }
}

function expectRefused(read: () => unknown, code: ProblemCode, detail?: string): void {
  const problem = refusalOf(read)
  expect(problem?.code).toBe(code)
  if (detail !== undefined) expect(problem?.message).toBe(detail)
}

describe('a header', () => {
  it.each(['Content-Type', 'content-type', 'CONTENT-TYPE'])('is found in any case: %s', name => {
    const event = eventOf({ headers: { accept: '*/*', [name]: 'application/json' } })

    expect(header(event, 'content-type')).toBe('application/json')
  })

  it('that was not sent is undefined', () => {
    expect(header(eventOf({ headers: { accept: '*/*' } }), 'content-type')).toBeUndefined()
  })
})

describe('an id in the path', () => {
  it.each([
    'a',
    '0',
    'alice',
    'alice@example.org',
    'auth0:5f7c',
    '018f9d7e-0000-7000-8000-000000000001',
    'A-Z.a_z~0:9@-',
    'auth0|5f7c88f3a1',
    'alice+tag@example.org',
    '.a',
    'a..',
    'a'.repeat(128),
  ])('is taken as it is: %j', id => {
    const event = eventOf({ pathParameters: { userId: id, deviceId: id } })

    expect(readIds(event)).toEqual({ userId: id, deviceId: id })
  })

  it.each([
    '',
    '.',
    '..',
    '...',
    ' ',
    'a b',
    'a/b',
    'a\\b',
    'a%2Fb',
    'a#b',
    'a?b',
    'a\nb',
    'alice\n',
    'a\0b',
    '\0',
    'é',
    'ａlice',
    '用户',
    '🔑',
    'a"b',
    "a'b",
    '<a>',
    '{userId}',
    'a'.repeat(129),
  ])('of dots alone, of other characters or over 128 is refused: %j', id => {
    const user = eventOf({ pathParameters: { userId: id, deviceId: 'device' } })
    const device = eventOf({ pathParameters: { userId: 'alice', deviceId: id } })

    expectRefused(
      () => readIds(user),
      'invalid_id',
      'The userId must be 1 to 128 characters out of A-Z a-z 0-9 . _ ~ : @ | + and -, and not dots alone.',
    )
    expectRefused(
      () => readIds(device),
      'invalid_id',
      'The deviceId must be 1 to 128 characters out of A-Z a-z 0-9 . _ ~ : @ | + and -, and not dots alone.',
    )
  })

  it('is empty on a route without one', () => {
    expect(readIds(eventOf({}))).toEqual({ userId: '', deviceId: '' })
    expect(readIds(eventOf({ pathParameters: {} }))).toEqual({ userId: '', deviceId: '' })
    expect(readIds(eventOf({ pathParameters: { userId: 'alice' } }))).toEqual({
      userId: 'alice',
      deviceId: '',
    })
  })

  it('is taken exactly when each of its characters is one of those', () => {
    const allowed = new Set(
      'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._~:@|+-',
    )
    const anyCharacter = fc.integer({ min: 0, max: 0x10ffff }).map(at => String.fromCodePoint(at))
    const id = fc.oneof(
      fc.string({ unit: anyCharacter, minLength: 1, maxLength: 8 }),
      fc.string({ unit: fc.constantFrom(...allowed, '/'), minLength: 1, maxLength: 40 }),
    )
    fc.assert(
      fc.property(id, id => {
        const read = () => readIds(eventOf({ pathParameters: { userId: id } }))

        expect(refusalOf(read) === null).toBe(
          [...id].every(letter => allowed.has(letter)) && /[^.]/.test(id),
        )
      }),
    )
  })
})

describe('an idempotency key', () => {
  it('that was not sent is null', () => {
    expect(readIdempotencyKey(eventOf({}))).toBeNull()
  })

  it.each(['k', '8e03978e-40d5-43e8-bc93-6894a57f9324', '"quoted"', '!~', 'k'.repeat(255)])(
    'is printable ASCII without spaces: %j',
    key => {
      expect(readIdempotencyKey(eventOf({ headers: { 'Idempotency-Key': key } }))).toBe(key)
    },
  )

  it.each(['', ' ', 'a b', 'a\tb', 'a\n', 'é', '\0', '\x7f', 'k'.repeat(256)])(
    'is nothing else: %j',
    key => {
      const event = eventOf({ headers: { 'idempotency-key': key } })

      expectRefused(
        () => readIdempotencyKey(event),
        'invalid_idempotency_key',
        'The Idempotency-Key must be 1 to 255 printable ASCII characters without spaces.',
      )
    },
  )
})

describe('the size of a body', () => {
  /** A token's body, padded to so many bytes. */
  const sized = (bytes: number) => `{"token":"012345"}`.padEnd(bytes, ' ')

  it('may be 16,384 bytes', () => {
    expect(readBody(withBody(sized(16_384)), verifyBody)).toEqual({ token: '012345' })
    expect(readBody(withBytes(Buffer.from(sized(16_384))), verifyBody)).toEqual({ token: '012345' })
  })

  it('may not be 16,385 bytes', () => {
    const detail = 'The body must be at most 16384 bytes.'

    expectRefused(() => readBody(withBody(sized(16_385)), verifyBody), 'body_too_large', detail)
    expectRefused(
      () => readBody(withBytes(Buffer.from(sized(16_385))), verifyBody),
      'body_too_large',
      detail,
    )
  })

  it('is counted in bytes, not in characters', () => {
    const body = JSON.stringify({ name: '🔑'.repeat(5000) })

    expect(body.length).toBeLessThan(16_384)
    expectRefused(() => readBody(withBody(body), patchBody), 'body_too_large')
  })

  it('is checked before its content type and its form', () => {
    const event = withBody('{'.repeat(16_385), { 'content-type': 'text/plain' })

    expectRefused(() => readBody(event, nothing), 'body_too_large')
  })
})

describe('the content type', () => {
  it.each([
    'application/json',
    'Application/JSON',
    'application/json; charset=utf-8',
    'application/json;charset=UTF-8',
    'application/json ; charset=utf-8',
    'application/json;',
    'application/json; charset="utf-8"',
    'application/json; charset=utf8',
    'application/json; charset=US-ASCII',
    'application/json; odata=verbose',
  ])('may be %j', type => {
    const event = withBody('{"token":"012345"}', { 'Content-Type': type })

    expect(readBody(event, verifyBody)).toEqual({ token: '012345' })
  })

  it.each([
    '',
    'text/plain',
    'text/json',
    'application/x-www-form-urlencoded',
    'multipart/form-data',
    'application/jsonx',
    'application/json5',
    'application/problem+json',
    'application/merge-patch+json',
    'x-application/json',
    'application/json, text/plain',
    'application/xml; application/json',
  ])('may not be %j', type => {
    const event = withBody('{"token":"012345"}', { 'content-type': type })

    expectRefused(
      () => readBody(event, verifyBody),
      'unsupported_media_type',
      'The body must be sent as application/json.',
    )
  })

  it.each(['iso-8859-1', 'ISO-8859-15', '"windows-1252"', 'utf-16', 'utf-16le', 'utf-80'])(
    'may not be of another charset: %s',
    charset => {
      const event = withBody('{"token":"012345"}', {
        'content-type': `application/json; charset=${charset}`,
      })

      const detail = 'The body must be sent in UTF-8.'
      expectRefused(() => readBody(event, verifyBody), 'unsupported_media_type', detail)
    },
  )

  it('may not be missing', () => {
    const event = withBody('{"token":"012345"}', {})

    expectRefused(() => readBody(event, verifyBody), 'unsupported_media_type')
  })

  it('is not required without a body', () => {
    expect(readBody(eventOf({}), nothing)).toEqual({})
    expect(readBody(withBody('', {}), nothing)).toEqual({})
    expect(readBody(withBody(' \n', { 'content-type': 'text/plain' }), nothing)).toEqual({})
  })
})

describe('no body', () => {
  it('is an empty object', () => {
    expect(readBody(eventOf({}), patchBody)).toEqual({})
  })

  it('lacks what the request needs', () => {
    const needsToken = () => readBody(eventOf({}), verifyBody)
    const needsNumber = () => readBody(eventOf({}), createBody)

    expectRefused(needsToken, 'invalid_body', 'The member token is missing.')
    expectRefused(needsNumber, 'invalid_body', 'The member number is missing.')
  })
})

describe('a body with a byte order mark', () => {
  it('is read without it', () => {
    const body = '\ufeff{"token":"012345"}'

    expect(readBody(withBody(body), verifyBody)).toEqual({ token: '012345' })
    expect(readBody(withBytes(Buffer.from(body)), verifyBody)).toEqual({ token: '012345' })
  })

  it('alone is no body', () => {
    expect(readBody(withBody('\ufeff'), nothing)).toEqual({})
  })
})

describe('a malformed body', () => {
  it.each([
    '{',
    '{}}',
    '{"token":}',
    '{"token":"012345",}',
    "{'token':'012345'}",
    '{token:"012345"}',
    '{"token":012345}',
    '[',
    'token=012345',
    'undefined',
    'NaN',
    '"\n"',
    '\ufeff\ufeff{}',
    '\0',
  ])('is refused: %j', body => {
    const detail = 'The body is not well-formed JSON.'

    expectRefused(() => readBody(withBody(body), verifyBody), 'invalid_json', detail)
  })

  it('is refused where it says to be UTF-8 and is not', () => {
    const event = withBytes(Buffer.from('{"name":"J\u00fcrgen"}', 'latin1'))

    expectRefused(() => readBody(event, patchBody), 'invalid_json')
  })

  it('is refused in base64 too', () => {
    expectRefused(() => readBody(withBytes(Buffer.from('{')), verifyBody), 'invalid_json')
  })
})

describe('a body that is no object', () => {
  const allBodies = Object.entries(bodies)

  it.each(allBodies)('is refused: %s', (_, schema) => {
    for (const body of ['null', 'true', 'false', '0', '12', '"text"', '""']) {
      expectRefused(() => readBody(withBody(body), schema), 'invalid_body', mustBeAnObject)
    }
  })

  it.each(allBodies)('is refused when it is a list: %s', (_, schema) => {
    for (const body of ['[]', '[1]', '[{"number":"+15555550100"}]']) {
      expectRefused(() => readBody(withBody(body), schema), 'invalid_body', mustBeAnObject)
    }
  })
})

describe('a member', () => {
  it.each([
    ['patchBody', '{"canary":1}'],
    ['patchBody', '{"__proto__":1}'],
    ['patchBody', '{"__proto__":{"confirmed":true}}'],
    ['patchBody', '{"constructor":1}'],
    ['patchBody', '{"toString":1}'],
    ['patchBody', '{"userId":"bob"}'],
    ['patchBody', '{"Name":"x"}'],
    ['patchBody', '{"":1}'],
    ['createBody', '{"number":"+15555550100","deviceId":"x"}'],
    ['createBody', '{"number":"+15555550100","__proto__":{"confirmed":true}}'],
    ['verifyBody', '{"token":"012345","verified":true}'],
    ['nothing', '{"token":"012345"}'],
    ['nothing', '{"__proto__":1}'],
  ] as const)('that the request does not have is refused: %s %s', (name, body) => {
    const read = () => readBody(withBody(body), bodies[name] as ObjectSchema)

    expect(refusalOf(read)?.code).toBe('invalid_body')
    expect(refusalOf(read)?.message).toMatch(
      /^The member( [A-Za-z_]+)? is not known: this request has /,
    )
  })

  it.each([
    ['createBody', { phone: '+15555550100' }, ' phone', 'number, name and confirmed'],
    ['verifyBody', { code: '1' }, ' code', 'token, challengeId, clientIp, audience and nonce'],
    ['nothing', { token: '1' }, ' token', 'none'],
    // What could be somebody's number or token is not shown.
    ['patchBody', { '+15555550100': '' }, '', 'number, name and confirmed'],
    ['patchBody', { 'a b': '' }, '', 'number, name and confirmed'],
    ['patchBody', { ['x'.repeat(33)]: '' }, '', 'number, name and confirmed'],
  ] as const)(
    'that is not known is named with those that are: %s %o',
    (name, body, shown, known) => {
      const read = () => readBody(withBody(JSON.stringify(body)), bodies[name] as ObjectSchema)

      expectRefused(
        read,
        'invalid_body',
        `The member${shown} is not known: this request has ${known}.`,
      )
    },
  )

  it('with the name of a prototype changes none', () => {
    refusalOf(() => readBody(withBody('{"__proto__":{"polluted":true}}'), nothing))

    expect({}).not.toHaveProperty('polluted')
  })

  it('that is given twice counts as given last, as in every JSON parser', () => {
    const body = '{"token":"000000","token":"111111"}'

    expect(readBody(withBody(body), verifyBody)).toEqual({ token: '111111' })
  })
})

describe('a body to register a device', () => {
  const read = (body: unknown) => readBody(withBody(JSON.stringify(body)), createBody)
  const number = '+15555550100'

  it('needs nothing but a number', () => {
    expect(read({ number })).toEqual({ number, name: '', confirmed: false })
  })

  it('takes a name and a confirmation', () => {
    expect(read({ number, name: 'phone', confirmed: true })).toEqual({
      number,
      name: 'phone',
      confirmed: true,
    })
  })

  it.each([null, 15555550100, true, [], {}, '', '1'.repeat(65)])(
    'has a number of 1 to 64 characters: %j',
    number => {
      const detail = 'The number must be text of 1 to 64 characters.'

      expectRefused(() => read({ number }), 'invalid_body', detail)
    },
  )

  it.each([null, 1, true, ['x'], {}])('has a name that is text: %j', name => {
    expectRefused(() => read({ number, name }), 'invalid_body', 'The name must be text.')
  })

  it.each(['x'.repeat(64), '🔑'.repeat(32), 'é'.repeat(64), 'Zoë’s phone', ' ', ''])(
    'has a name of at most 64 characters: %j',
    name => {
      expect(read({ number, name })).toMatchObject({ name })
    },
  )

  it.each(['x'.repeat(65), '🔑'.repeat(65)])('has no name of 65 characters: %j', name => {
    const detail = 'The name must be at most 64 characters.'

    expectRefused(() => read({ number, name }), 'invalid_body', detail)
  })

  it.each(['🔑'.repeat(33), 'é'.repeat(64).replace('é', '中')])(
    'has no name of more than 128 bytes: %j',
    name => {
      const detail = 'The name must be at most 128 bytes of UTF-8.'

      expectRefused(() => read({ number, name }), 'invalid_body', detail)
    },
  )

  it.each([
    'alice\u202ekcirtap',
    'a\u2066b',
    'a\u200eb',
    'a\u061cb',
    'a\u200bb',
    'a\u2060b',
    '\ufeffa',
    'a\u00adb',
    'a\u2028b',
    'a\u2029b',
    'a\u3164b',
    'a\u115fb',
    'a\uffa0b',
    'a\u2800b',
    'a\u{e0041}b',
  ])('has no name in which something is not seen: %j', name => {
    const detail = 'The name must be without invisible characters and marks of direction.'

    expectRefused(() => read({ number, name }), 'invalid_body', detail)
  })

  it.each([
    'Zweithandy',
    'هاتفي',
    'گوشی\u200cام',
    'क्\u200dष',
    '👨\u200d👩\u200d👧',
    '❤\ufe0f',
    '手机',
    'Ünïcode',
  ])('may have a name in any writing: %j', name => {
    expect(read({ number, name })).toMatchObject({ name })
  })

  it.each(['a\0', 'a\nb', '\x1b[31m', '\x7f', '\x85', '\ud800', 'a\udc00'])(
    'has no name that is ill-formed or has control characters: %j',
    name => {
      const detail = 'The name must be well-formed text without control characters.'

      expectRefused(() => read({ number, name }), 'invalid_body', detail)
    },
  )

  it.each([null, 'true', 0, 1, []])('has a confirmation that is true or false: %j', confirmed => {
    const detail = 'The member confirmed must be true or false.'

    expectRefused(() => read({ number, confirmed }), 'invalid_body', detail)
  })
})

describe('a body to change a device', () => {
  const read = (body: unknown) => readBody(withBody(JSON.stringify(body)), patchBody)

  it.each([
    {},
    { number: '+15555550100' },
    { name: '' },
    { confirmed: false },
    { number: '+15555550100', name: 'phone', confirmed: true },
  ])('has no defaults: %j', body => {
    expect(read(body)).toEqual(body)
  })

  it.each([{ number: null }, { name: null }, { confirmed: null }])('takes no null: %j', body => {
    expectRefused(() => read(body), 'invalid_body')
  })
})

describe('a body to verify', () => {
  const read = (token: unknown) => readBody(withBody(JSON.stringify({ token })), verifyBody)

  it.each([
    ['012345', '012345'],
    [' 012345', '012345'],
    ['012345\r\n', '012345'],
    ['012 345', '012345'],
    ['０１２３４５', '012345'],
    ['\u200b012345\u200e', '012345'],
    [' not a token ', 'not a token'],
    ['1'.repeat(64), '1'.repeat(64)],
    [` ${'1'.repeat(62)} `, '1'.repeat(62)],
  ])('has a token that is taken as it was meant: %j', (token, taken) => {
    expect(read(token)).toEqual({ token: taken })
  })

  it.each([
    '',
    ' ',
    '\n',
    '1'.repeat(65),
    ` ${'1'.repeat(64)}`,
    12345,
    null,
    true,
    ['012345'],
    { token: '012345' },
  ])('has no token but text of 1 to 64 characters: %j', token => {
    const detail = 'The token must be text of 1 to 64 characters.'

    expectRefused(() => read(token), 'invalid_body', detail)
  })
})

describe('a query', () => {
  it('of devices that is missing has the default limit', () => {
    expect(readQuery(eventOf({}), listQuery)).toEqual({ limit: 100 })
  })

  it('of numbers that is missing has the default limit', () => {
    expect(readQuery(eventOf({}), findQuery)).toEqual({ limit: 25 })
  })

  it.each(['true', 'false'])('asks for confirmed devices or for others: %s', confirmed => {
    expect(readQuery(withQuery({ confirmed }), listQuery)).toMatchObject({ confirmed })
  })

  it.each(['', '1', 'yes', 'TRUE', ' true', 'true,false', 'true,true'])(
    'takes nothing else for confirmed: %j',
    confirmed => {
      const detail = 'The query confirmed must be true or false.'

      expectRefused(() => readQuery(withQuery({ confirmed }), listQuery), 'invalid_query', detail)
    },
  )

  it.each([
    ['1', 1],
    ['9', 9],
    ['10', 10],
    ['99', 99],
    ['100', 100],
  ])('takes a limit from 1 to 100: %s', (limit, taken) => {
    expect(readQuery(withQuery({ limit }), findQuery)).toEqual({ limit: taken })
  })

  it.each(['0', '', '-1', '101', '1000', '1.5', '1e1', '01', ' 1', '1,2', 'all', '٣'])(
    'takes no other limit: %j',
    limit => {
      const detail = 'The limit must be a whole number from 1 to 100.'

      expectRefused(() => readQuery(withQuery({ limit }), findQuery), 'invalid_query', detail)
    },
  )

  it.each(['+15555550100', ' 15555550100', '020 7183 8750'])('takes a number: %j', number => {
    expect(readQuery(withQuery({ number }), findQuery)).toEqual({ number, limit: 25 })
  })

  it.each(['', '1'.repeat(65)])('takes no number but 1 to 64 characters: %j', number => {
    expectRefused(() => readQuery(withQuery({ number }), findQuery), 'invalid_query')
  })

  it.each<[string, ObjectSchema]>([
    ['listQuery', listQuery],
    ['findQuery', findQuery],
    ['nothing', nothing],
  ])('has nothing that the request does not know: %s', (_, schema) => {
    for (const name of ['canary', 'Confirmed', '__proto__', 'constructor', '']) {
      const parameters = JSON.parse(`{"${name}":"true"}`)

      expectRefused(() => readQuery(withQuery(parameters), schema), 'invalid_query')
    }
  })
})

describe('a refusal', () => {
  const canary = 'kanarienvogel'
  const text = fc.constantFrom(
    canary,
    `${canary}\0`,
    `${canary}\ud800`,
    canary.repeat(6),
    `+44 ${canary}`,
  )
  const value = fc.oneof(
    text,
    fc.tuple(text),
    fc.dictionary(
      text.map(name => `${name} `),
      text,
      { minKeys: 1, maxKeys: 2 },
    ),
    fc.constantFrom(null, 1, true, 'ok'),
  )
  const member = fc.constantFrom(
    'number',
    'name',
    'confirmed',
    'token',
    'limit',
    'cursor',
    `${canary} `,
  )
  const body = fc.oneof(value, fc.dictionary(member, value))

  function expectQuiet(read: () => unknown): void {
    const problem = refusalOf(read)
    const { message, stack, members, headers, cause } = problem ?? {}
    expect(JSON.stringify({ message, stack, members, headers })).not.toContain(canary)
    expect(cause).toBeUndefined()
  }

  it.each(Object.entries(bodies))('never quotes a member of a body: %s', (_, schema) => {
    fc.assert(
      fc.property(body, body => {
        expectQuiet(() => readBody(withBody(JSON.stringify(body)), schema))
      }),
    )
  })

  it('never quotes malformed JSON', () => {
    expectQuiet(() => readBody(withBody(`{"token":${canary}`), verifyBody))
  })

  it('never quotes a content type', () => {
    expectQuiet(() => readBody(withBody('{}', { 'content-type': `text/${canary}` }), nothing))
  })

  it.each([listQuery, findQuery, nothing])('never quotes a query', schema => {
    fc.assert(
      fc.property(fc.dictionary(member, text), query => {
        expectQuiet(() => readQuery(withQuery(query), schema as ObjectSchema))
      }),
    )
  })

  it('never quotes an id', () => {
    expectQuiet(() => readIds(eventOf({ pathParameters: { userId: `${canary}/` } })))
    expectQuiet(() => readIds(eventOf({ pathParameters: { deviceId: `${canary}/` } })))
  })

  it('never quotes an idempotency key', () => {
    expectQuiet(() => readIdempotencyKey(eventOf({ headers: { 'idempotency-key': `${canary} ` } })))
  })

  it('is one sentence of ours, whatever the mistake', () => {
    const anything = v.strictObject({ a: v.string('The a must be text.') })

    expectRefused(
      () => readBody(withBody('{"a":1}'), anything),
      'invalid_body',
      'The a must be text.',
    )
    expectRefused(
      () => readBody(withBody('{}'), anything),
      'invalid_body',
      'The member a is missing.',
    )
    expectRefused(
      () => readBody(withBody('{"a":1,"b":2}'), anything),
      'invalid_body',
      'The a must be text.',
    )
  })
})

it('a body that was announced and is missing is refused', () => {
  const event = { headers: { 'content-length': '4', 'content-type': 'application/json' } }

  expect(() => readBody(event as never, patchBody)).toThrow(mustBeAnObject)
})

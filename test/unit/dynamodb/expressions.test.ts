// Every expression that the service sends, at the largest value of every setting, is within the
// limits of DynamoDB: 4,096 bytes a string, and 300 operators, functions and operands of one kind.
import { globSync, readFileSync } from 'node:fs'
import { getCountries } from 'libphonenumber-js/min'
import { describe, expect, it } from 'vitest'
import {
  allowExpression,
  disallowExpression,
  liftExpression,
  sliceExpression,
  slicesExpression,
  suspendExpression,
} from '../../../lib/breaker/expressions.ts'
import { challengeExpression, resendExpression } from '../../../lib/challenge/expressions.ts'
import { finishExpression, testTokenExpression } from '../../../lib/challenge/finish-expressions.ts'
import { refunded, refundedResend, rolledBack } from '../../../lib/challenge/refund.ts'
import { recordExpression } from '../../../lib/delivery/expressions.ts'
import {
  actorExpression,
  findExpression,
  keptLockExpression,
  ofUserExpression,
  patchExpression,
  resetExpression,
} from '../../../lib/device/expressions.ts'
import {
  addFiguresExpression,
  mostCountries,
  ofHoursExpression,
  ownFiguresExpression,
} from '../../../lib/figures/expressions.ts'
import { figureNames } from '../../../lib/figures/names.ts'
import { otherCountries } from '../../../lib/figures/tally.ts'
import {
  chargeExpression,
  keepLockExpression,
  registerRefundExpression,
  removeExpression,
  tidyExpression,
  tombstoneExpression,
} from '../../../lib/limits/expressions.ts'
import { markOf } from '../../../lib/limits/mark.ts'
import { windowsOf } from '../../../lib/limits/window.ts'
import { searchExpression } from '../../../lib/search/expressions.ts'
import { pastExpression, timelineExpression } from '../../../lib/timeline/expressions.ts'
import { attemptExpression, rescaleExpression } from '../../../lib/verification/expressions.ts'
import { noon } from '../../support/device.ts'
import { largestDevice } from '../../support/largest-device.ts'

const mostBytes = 4096
const mostOperators = 300
/** Of one IN. */
const mostOperands = 100

const outcome = { code: 'delivery_busy', retryAfterSeconds: 3600 } as const
const device = largestDevice(outcome)
const [digest = ''] = Object.keys(device.pending)
const entry = device.pending[digest]!
/** Four windows of a limit, the most that one has. */
const limitOf = (seconds: number) => ({ limit: 'country' as const, most: 1_000_000_000, seconds })
const windows = windowsOf([limitOf(86_400), ...[43_200, 21_600, 60].map(limitOf)], noon)
const mark = markOf({ windows, now: noon }, { requestName: device.replaced }, 'register')
const counted = { windows, mark, expiresAt: noon }
const ended = Array.from({ length: 60 }, (_, n) => `21600.${n}`)
const requestName = device.replaced
const delivery = { progress: 5, reason: 5, reportedAt: noon }
const input = { requestName, keyName: requestName, now: noon, delivery }
const settings = {
  throttle: {
    factorMs: 3_600_000,
    longestLockMs: 31_536_000_000,
    maxFailures: 100,
    tokenGuesses: 100,
  },
  // Seventeen steps: one second doubles to a day.
  cooldown: { cooldownMs: 1000, longestCooldownMs: 86_400_000 },
  channels: ['sms', 'call', 'whatsapp'] as const,
}
const rules = {
  ...settings.throttle,
  cooldown: settings.cooldown,
  allowedCountries: getCountries(),
}
const started = { outcome: 'started', device, before: device } as const
const attempt = {
  guess: digest,
  attempt: requestName,
  challengeId: requestName,
  now: noon,
  ...settings.throttle,
}
const ids = new Set(Array.from({ length: 500 }, (_, n) => `id-${n}-4567`))
const counts = Object.fromEntries(figureNames.map(name => [name, 1_000_000_000]))
const named = Array.from({ length: mostCountries }, (_, n) => `C${n}`)
const tally = new Map([...named, otherCountries].map(country => [country, counts]))
const patch = {
  now: noon,
  actor: device.actor ?? '',
  name: device.name,
  confirmed: true,
  number: device.number,
  country: 'GB',
}
const suspension = { until: noon, since: noon, times: 99, sends: 99, verified: 99 }

const expressions: Record<string, object[]> = {
  attemptExpression: [
    attemptExpression(attempt),
    attemptExpression({ ...attempt, longestLockMs: null }),
  ],
  rescaleExpression: [rescaleExpression(device, { factorMs: 1, backoff: 1n, lockedUntil: 1n })],
  challengeExpression: [
    challengeExpression({ ...input, digest, entry }, rules, { noLiveToken: true }),
    challengeExpression({ ...input, digest, entry }, rules, { number: device.number }),
  ],
  resendExpression: [
    resendExpression(input, rules, { number: device.number }),
    resendExpression({ ...input, delivery: null }, rules, { number: device.number }),
  ],
  finishExpression: [
    refunded(started, settings as never, noon),
    refundedResend(started, settings as never, noon),
    rolledBack(started, { digest, now: noon }, settings as never),
  ].map(refund => finishExpression({ requestName, refunded: refund, outcome, delivery })),
  testTokenExpression: [
    testTokenExpression({
      ...{ requestName, drawn: digest, digest, entry, delivery, outcome },
      refunded: refunded(started, settings as never, noon),
    }),
  ],
  recordExpression: [recordExpression(requestName, delivery)],
  keptLockExpression: [
    keptLockExpression({
      ...{ failures: 100, failedAt: noon },
      ...{ backoff: 10n ** 38n - 1n, lockedUntil: 10n ** 38n - 1n },
    }),
  ],
  patchExpression: [patchExpression(patch, 'new'), patchExpression(patch, 'same')],
  actorExpression: [actorExpression(device.actor ?? '')],
  resetExpression: [
    resetExpression({ cooldownStart: noon, tokenGuesses: 100, actor: '' }),
    resetExpression({ cooldownStart: noon, tokenGuesses: null, actor: '' }),
  ],
  ofUserExpression: [ofUserExpression(device.userId, true)],
  searchExpression: [searchExpression('search:user', 'a'), searchExpression('search:user', '')],
  pastExpression: [pastExpression('events:alice', 1_790_000_000_000)],
  timelineExpression: [
    timelineExpression('events:alice', 'phone'),
    timelineExpression('events:alice', null),
  ],
  findExpression: [
    findExpression(device.number, 'acme:'),
    findExpression(device.number, null),
    findExpression(null, 'acme:'),
    findExpression(null, null),
  ],
  chargeExpression: [chargeExpression(counted, 'refuse'), chargeExpression(counted, 'count')],
  removeExpression: [removeExpression(counted, ended)],
  tombstoneExpression: [tombstoneExpression(counted)],
  registerRefundExpression: [registerRefundExpression(counted, 'known')],
  tidyExpression: [tidyExpression(ended)],
  keepLockExpression: [keepLockExpression({ failures: 100, failedAt: noon, endsAt: noon })],
  sliceExpression: [
    sliceExpression({ sends: ids, established: ids, verified: ids, unsent: ids }, 500, noon),
  ],
  slicesExpression: [slicesExpression(`prefix:${device.number}`, '', '')],
  suspendExpression: [suspendExpression(suspension, noon, noon)],
  liftExpression: [liftExpression(noon)],
  allowExpression: [allowExpression(device.number, noon)],
  disallowExpression: [disallowExpression(noon, noon)],
  addFiguresExpression: [addFiguresExpression(tally, noon)],
  ownFiguresExpression: [ownFiguresExpression(tally, noon)],
  ofHoursExpression: [ofHoursExpression(['2026-01-01T00', '2026-01-31T23'])],
}

/** The strings of a request that DynamoDB parses. */
const strings = Object.entries(expressions).flatMap(([name, built]) =>
  built.flatMap(one =>
    Object.entries(one)
      .filter(([member]) => member.endsWith('Expression'))
      .map(([member, text]) => [`${name}: ${member}`, String(text)] as const),
  ),
)

/** Operators and functions; in an update each action counts too, to be on the safe side. */
function operatorsOf(text: string): number {
  return text.match(/ (AND|OR|BETWEEN|IN) |NOT | [<>=+-]+ |[a-z_]+\(|, /g)?.length ?? 0
}

function operandsOf(text: string): number[] {
  return [...text.matchAll(/ IN \(([^)]*)\)/g)].map(([, list = '']) => list.split(',').length)
}

describe('at the largest value of every setting', () => {
  it.each(strings)('%s is within the limits of DynamoDB', (_, text) => {
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(mostBytes)
    expect(operatorsOf(text)).toBeLessThanOrEqual(mostOperators)
    expect(Math.max(...operandsOf(text), 0)).toBeLessThanOrEqual(mostOperands)
  })

  it('a challenge has every country there is and every step of the cooldown', () => {
    const [{ ExpressionAttributeValues: values }] = expressions.challengeExpression as [
      { ExpressionAttributeValues: Record<string, unknown> },
    ]

    expect(values[':countries']).toHaveProperty('size', 245)
    expect(values[':start16']).toBe(noon - 65_536_000)
  })

  it('the figures add all there is to as many countries as an hour names', () => {
    const [{ ExpressionAttributeNames: names }] = expressions.addFiguresExpression as [
      { ExpressionAttributeNames: object },
    ]

    expect(Object.keys(names)).toHaveLength(296)
  })

  it('no expression is left out', () => {
    const root = new URL('../../../', import.meta.url)
    const files = globSync('lib/*/*expressions.ts', { cwd: root })
    const built = files.flatMap(file =>
      [
        ...readFileSync(new URL(file, root), 'utf8').matchAll(/export function (\w+Expression)\(/g),
      ].map(([, name]) => name),
    )

    expect(Object.keys(expressions).toSorted()).toEqual(built.toSorted())
  })
})

// Which challenge comes next: every sequence that there can be, and nothing but the flow passes.
import { describe, expect, it } from 'vitest'
import { nextStep, type SignIn } from '../../../lib/cognito/define.ts'
import type { Session } from '../../../lib/cognito/session.ts'

const settings = { tries: 3, rounds: 8 }

/** A challenge by its letter; a capital one was passed. */
const names = {
  s: 'SRP_A',
  p: 'PASSWORD_VERIFIER',
  c: 'CUSTOM_CHALLENGE',
  d: 'DEVICE_SRP_AUTH',
} as const
const letters = [...'sSpPcCdD']

const sessionOf = (sequence: string) =>
  [...sequence].map(letter => ({
    challengeName: names[letter.toLowerCase() as keyof typeof names],
    challengeResult: letter !== letter.toLowerCase(),
  }))

const signIn = (sequence: string, more: Partial<SignIn> = {}): SignIn => ({
  session: sessionOf(sequence),
  clientMetadata: undefined,
  userNotFound: false,
  ...more,
})

/** Every sequence of at most so many challenges. */
function* sequences(longest: number, begun = ''): Generator<string> {
  yield begun
  if (begun.length === longest) return
  for (const letter of letters) yield* sequences(longest, begun + letter)
}

/** The whole of a flow, written as what each sequence means. */
const meant = {
  'password-sms': [
    [/^S$/, 'PASSWORD_VERIFIER'],
    [/^SPc{0,2}$/, 'CUSTOM_CHALLENGE'],
    [/^SPc{0,2}C$/, 'tokens'],
  ],
  sms: [
    [/^c{0,2}$/, 'CUSTOM_CHALLENGE'],
    [/^c{0,2}C$/, 'tokens'],
  ],
} as const

const said = (step: ReturnType<typeof nextStep>) =>
  step.challenge === null ? step.outcome : step.challenge

describe.each(['password-sms', 'sms'] as const)('in the flow %s', flow => {
  it('every sequence up to six is the flow to the letter, or is refused', () => {
    const wrong: string[] = []
    for (const sequence of sequences(6)) {
      const wanted = meant[flow].find(([form]) => form.test(sequence))?.[1] ?? 'refused'
      if (said(nextStep(signIn(sequence), { ...settings, flow })) !== wanted) wrong.push(sequence)
    }

    expect(wrong).toEqual([])
  })

  it('a name that the pool does not know gets no tokens', () => {
    const issued = [...sequences(5)].filter(
      sequence =>
        said(nextStep(signIn(sequence, { userNotFound: true }), { ...settings, flow })) ===
        'tokens',
    )

    expect(issued).toEqual([])
  })
})

it('a name that the pool does not know is challenged like any other', () => {
  const steps = ['', 'c', 'cc', 'ccc'].map(sequence =>
    said(nextStep(signIn(sequence, { userNotFound: true }), { ...settings, flow: 'sms' })),
  )

  expect(steps).toEqual(['CUSTOM_CHALLENGE', 'CUSTOM_CHALLENGE', 'CUSTOM_CHALLENGE', 'refused'])
})

describe('asking for the message again', () => {
  const resend = { resend: 'true' }
  const asked = (kinds: string[]): Session =>
    kinds.map(kind => ({
      challengeName: 'CUSTOM_CHALLENGE',
      challengeResult: false,
      challengeMetadata: `${kind} abc`,
    }))
  const step = (session: Session, clientMetadata: SignIn['clientMetadata']) =>
    said(nextStep({ session, clientMetadata, userNotFound: false }, { ...settings, flow: 'sms' }))

  it('is no attempt, now and when it is in the session', () => {
    expect(step(asked(['challenge', 'challenge', 'challenge']), resend)).toBe('CUSTOM_CHALLENGE')
    expect(step(asked(['challenge', 'challenge', 'resend']), undefined)).toBe('CUSTOM_CHALLENGE')
    expect(step(asked(['challenge', 'challenge', 'challenge']), undefined)).toBe('refused')
  })

  it('takes no more rounds than there are', () => {
    const all = Array<string>(7).fill('resend')

    expect(step(asked(all), resend)).toBe('CUSTOM_CHALLENGE')
    expect(step(asked([...all, 'resend']), resend)).toBe('refused')
  })

  it('leaves a right answer to the last round good, and to none after it', () => {
    const right = (before: number) => {
      const session = asked(Array<string>(before + 1).fill('resend'))
      return [...session.slice(0, -1), { ...session.at(-1)!, challengeResult: true }]
    }

    expect(step(right(7), undefined)).toBe('tokens')
    expect(step(right(8), undefined)).toBe('refused')
  })

  it('is never an answer that is right', () => {
    const right = [{ ...asked(['challenge'])[0]!, challengeResult: true }]

    expect(step(right, resend)).toBe('refused')
    expect(step(right, undefined)).toBe('tokens')
  })
})

// Helping a user on the phone: send a token, have it read out, verify it by hand.
import { useRef, useState } from 'preact/hooks'
import type { Failure, Key } from '../api.ts'
import { useNow } from '../clock.ts'
import { useLanguage } from '../language.ts'
import { lockOf } from '../lock.ts'
import { Action, LackHint, useLack } from '../parts/action.tsx'
import { Choice } from '../parts/choice.tsx'
import { Field } from '../parts/field.tsx'
import { Notice, type Outcome } from '../parts/notice.tsx'
import type { DevicePartProps } from './device-props.ts'
import { LockedDialog } from './locked-dialog.tsx'

/**
 * After these the outcome of a request is not known. A retry with the same key sends nothing twice.
 */
const undecided: Failure['code'][] = ['no_answer', 'unavailable']

type Channel = Key['channels'][number]
const languages = ['', 'en', 'de', 'es', 'fr', 'pt'] as const

/** Shows the form that sends and verifies a token. */
export function PhoneHelp({ api, device, show, reload }: DevicePartProps) {
  const { strings, moment, locale } = useLanguage()
  const words = strings.device
  const now = useNow()
  const [token, setToken] = useState('')
  const [wrong, setWrong] = useState<string | null>(null)
  const [channel, setChannel] = useState<Channel | ''>('')
  const [language, setLanguage] = useState<(typeof languages)[number]>('')
  const [busy, setBusy] = useState<'send' | 'resend' | 'verify' | null>(null)
  const [asks, setAsks] = useState<'send' | 'resend' | null>(null)
  const [outcome, setOutcome] = useState<Outcome>(null)
  const idempotencyKey = useRef(crypto.randomUUID())
  /** The last challenge from here: only its token is meant. */
  const challengeId = useRef<string>(undefined)
  const [sends, verifies] = [useLack(api, 'challenge'), useLack(api, 'verify')]
  const isPending = device.pending !== null && now < Date.parse(device.pending.validUntil)

  const send = async (kind: 'send' | 'resend') => {
    if (busy) return
    setBusy(kind)
    setOutcome(null)
    const request = {
      idempotencyKey: idempotencyKey.current,
      ...(channel !== '' && { channel }),
      ...(language !== '' && { locale: language }),
    }
    const result = await api.call(otp =>
      (kind === 'send' ? otp.challenge : otp.resend)(device.userId, device.id, request),
    )
    if (result.ok || !undecided.includes(result.failure.code)) {
      idempotencyKey.current = crypto.randomUUID()
    }
    challengeId.current =
      (result.ok ? result.value.challengeId : result.failure.challengeId) ?? challengeId.current
    await reload()
    setBusy(null)
    if (!result.ok) return setOutcome(result)
    const { number, tokenLength, validUntil } = result.value
    setOutcome({
      done: (kind === 'send' ? words.sent : words.sentAgain)(
        number,
        tokenLength,
        moment(validUntil),
      ),
    })
  }
  const press = (kind: 'send' | 'resend') => {
    if (lockOf(device, now) === 'locked') setAsks(kind)
    else send(kind)
  }
  /** What is asked for has another name than what was asked for before. */
  const choose = <Value,>(set: (value: Value) => void) => {
    return (value: Value) => {
      idempotencyKey.current = crypto.randomUUID()
      set(value)
    }
  }

  const verify = async (event: Event) => {
    event.preventDefault()
    if (busy || verifies) return
    // Tokens are read out in groups.
    const guess = token.replace(/\s/g, '')
    setWrong(guess === '' ? words.tokenEmpty : null)
    if (guess === '') return
    setBusy('verify')
    setOutcome(null)
    const request = { token: guess, challengeId: challengeId.current }
    const result = await api.call(otp => otp.verify(device.userId, device.id, request))
    if (result.ok) show(result.value.device)
    else await reload()
    setBusy(null)
    if (result.ok) setToken('')
    setOutcome(result.ok ? { done: words.verified } : result)
  }

  const nameOf = (code: string) =>
    code === ''
      ? words.languageOfNumber
      : new Intl.DisplayNames(locale, { type: 'language' }).of(code)
  const channels = ['' as const, ...api.key.channels]
  return (
    <section class="card" aria-labelledby="phone-help">
      <h2 id="phone-help">{words.phone}</h2>
      <p class="hint">{words.phoneLead}</p>
      <div class="choices">
        {channels.length > 2 && (
          <Choice<Channel | ''>
            label={words.channel}
            value={channel}
            choices={Object.fromEntries(channels.map(one => [one, words.channels[one]])) as never}
            choose={choose(setChannel)}
          />
        )}
        <Choice<(typeof languages)[number]>
          label={words.language}
          value={language}
          choices={Object.fromEntries(languages.map(one => [one, nameOf(one)])) as never}
          choose={choose(setLanguage)}
        />
      </div>
      <div class="buttons">
        <Action lack={sends} class="primary" busy={busy !== null} press={() => press('send')}>
          {busy === 'send' ? words.sending2 : words.send}
        </Action>
        {isPending && (
          <Action lack={sends} busy={busy !== null} press={() => press('resend')}>
            {busy === 'resend' ? words.sending2 : words.sendAgain}
          </Action>
        )}
      </div>
      <LackHint lack={sends} />
      <form class="verify" onSubmit={verify} noValidate>
        <Field
          label={words.token}
          wrong={wrong}
          value={token}
          onInput={setToken}
          inputMode="numeric"
        />
        <Action lack={verifies} busy={busy !== null}>
          {words.verify}
        </Action>
      </form>
      <LackHint lack={verifies} />
      <Notice outcome={outcome} />
      {asks && (
        <LockedDialog
          {...{ api, device, show }}
          send={() => send(asks)}
          close={() => setAsks(null)}
        />
      )}
    </section>
  )
}

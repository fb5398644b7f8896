// Helping a user on the phone: send a token, have it read out, verify it by hand.
import { useRef, useState } from 'preact/hooks'
import type { Failure } from '../api.ts'
import { useLanguage } from '../language.ts'
import { Field } from '../parts/field.tsx'
import { Notice, type Outcome } from '../parts/notice.tsx'
import type { DevicePartProps } from './device-props.ts'

/**
 * After these the outcome of a request is not known. A retry with the same key sends nothing twice.
 */
const undecided: Failure['code'][] = ['no_answer', 'unavailable']

/** Shows the form that sends and verifies a token. */
export function PhoneHelp({ api, device, show, reload }: DevicePartProps) {
  const { strings, moment } = useLanguage()
  const words = strings.device
  const [token, setToken] = useState('')
  const [wrong, setWrong] = useState<string | null>(null)
  const [busy, setBusy] = useState<'send' | 'verify' | null>(null)
  const [outcome, setOutcome] = useState<Outcome>(null)
  const idempotencyKey = useRef(crypto.randomUUID())
  /** The last challenge from here: only its token is meant. */
  const challengeId = useRef<string>(undefined)

  const send = async () => {
    if (busy) return
    setBusy('send')
    setOutcome(null)
    const request = { idempotencyKey: idempotencyKey.current }
    const result = await api.call(otp => otp.challenge(device.userId, device.id, request))
    if (result.ok || !undecided.includes(result.failure.code)) {
      idempotencyKey.current = crypto.randomUUID()
    }
    challengeId.current =
      (result.ok ? result.value.challengeId : result.failure.challengeId) ?? challengeId.current
    await reload()
    setBusy(null)
    if (!result.ok) return setOutcome(result)
    const { number, tokenLength, validUntil } = result.value
    setOutcome({ done: words.sent(number, tokenLength, moment(validUntil)) })
  }

  const verify = async (event: Event) => {
    event.preventDefault()
    if (busy) return
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

  return (
    <section class="card" aria-labelledby="phone-help">
      <h2 id="phone-help">{words.phone}</h2>
      <p class="hint">{words.phoneLead}</p>
      <button type="button" class="primary" aria-disabled={busy !== null} onClick={send}>
        {busy === 'send' ? words.sending2 : words.send}
      </button>
      <form class="verify" onSubmit={verify} noValidate>
        <Field
          label={words.token}
          wrong={wrong}
          value={token}
          onInput={setToken}
          inputMode="numeric"
        />
        <button type="submit" aria-disabled={busy !== null}>
          {words.verify}
        </button>
      </form>
      <Notice outcome={outcome} />
    </section>
  )
}

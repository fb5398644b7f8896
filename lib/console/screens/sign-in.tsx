// Signing in with an API key, and why a new one is asked for.
import { useState } from 'preact/hooks'
import type { Failure } from '../api.ts'
import { useLanguage } from '../language.ts'
import { Checkbox, Field } from '../parts/field.tsx'
import { Heading } from '../parts/heading.tsx'
import { Notice, Problem } from '../parts/notice.tsx'
import type { Session } from '../session.ts'

/** Asks for an API key. */
export function SignInScreen({ session }: { session: Session }) {
  const words = useLanguage().strings.signIn
  const [apiKey, setApiKey] = useState('')
  const [keep, setKeep] = useState(false)
  const [busy, setBusy] = useState(false)
  const [wrong, setWrong] = useState<string | null>(null)
  const [failure, setFailure] = useState<Failure | null>(null)

  const submit = async (event: Event) => {
    event.preventDefault()
    if (busy) return
    const candidate = apiKey.trim()
    // A key that cannot stand in a header would fail like a network that is down.
    const fault =
      candidate === '' ? words.empty : /^[!-~]+$/.test(candidate) ? null : words.malformed
    setWrong(fault)
    setFailure(null)
    if (fault) return
    setBusy(true)
    const refusal = await session.signIn(candidate, { keep })
    setBusy(false)
    setFailure(refusal)
  }

  return (
    <div class="narrow">
      <Heading title={words.title} />
      <p class="lead">{words.lead}</p>
      {session.reason && !failure && (
        <div class="failed" role="alert">
          <p>{session.reason === 'idle' ? words.idle : words.refused}</p>
          {session.reason !== 'idle' && <Problem failure={session.reason} />}
        </div>
      )}
      <form class="card" onSubmit={submit} noValidate>
        <Field
          label={words.key}
          hint={words.keyHint}
          wrong={wrong}
          type="password"
          value={apiKey}
          onInput={setApiKey}
        />
        <Checkbox label={words.keep} hint={words.keepHint} checked={keep} onInput={setKeep} />
        <Notice outcome={failure && { failure }} />
        <button type="submit" class="primary" aria-disabled={busy}>
          {busy ? words.submitting : words.submit}
        </button>
      </form>
    </div>
  )
}

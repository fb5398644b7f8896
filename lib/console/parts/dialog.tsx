// A modal dialog. The browser's own element holds the focus, closes on Escape and gives the focus
// back. A failure is shown inside.
import type { ComponentChildren } from 'preact'
import { useEffect, useId, useRef, useState } from 'preact/hooks'
import type { Failure, Result } from '../api.ts'
import { useLanguage } from '../language.ts'
import { Notice } from './notice.tsx'

interface DialogProps<Value> {
  title: string
  submit: string
  submitting: string
  /** The action cannot be undone. */
  dangerous?: boolean
  children: ComponentChildren
  /** Null: the form itself shows what is missing. */
  send(): Promise<Result<Value> | null>
  done(value: Value): void
  close(): void
}

/** Shows a form in a modal dialog. */
export function Dialog<Value>(props: DialogProps<Value>) {
  const { title, submit, submitting, dangerous, children, send, done, close } = props
  const { strings } = useLanguage()
  const dialog = useRef<HTMLDialogElement>(null)
  const titleId = useId()
  const [busy, setBusy] = useState(false)
  const [failure, setFailure] = useState<Failure | null>(null)
  useEffect(() => dialog.current?.showModal(), [])

  const answer = async (event: Event) => {
    event.preventDefault()
    if (busy) return
    setBusy(true)
    setFailure(null)
    const result = await send()
    setBusy(false)
    if (result === null) return
    if (!result.ok) return setFailure(result.failure)
    dialog.current?.close()
    done(result.value)
  }

  return (
    <dialog ref={dialog} aria-labelledby={titleId} onClose={close}>
      <form onSubmit={answer} noValidate>
        <h2 id={titleId}>{title}</h2>
        {children}
        <Notice outcome={failure && { failure }} />
        <div class="buttons">
          <button type="submit" class={dangerous ? 'danger' : 'primary'} aria-disabled={busy}>
            {busy ? submitting : submit}
          </button>
          <button type="button" onClick={() => dialog.current?.close()}>
            {strings.cancel}
          </button>
        </div>
      </form>
    </dialog>
  )
}

// A button that does something through the API. Where the key lacks its scope it is greyed, and
// says why; the API would refuse it in any case.
import type { ComponentChildren } from 'preact'
import { useId } from 'preact/hooks'
import { type Api, may, type Scope } from '../api.ts'
import { useLanguage } from '../language.ts'

/** What a key lacks for some buttons, and the id of the sentence that says so. */
export interface Lack {
  id: string
  scope: Scope
}

/** Returns what the key lacks; null where it has the scope. */
export function useLack(api: Api, scope: Scope): Lack | null {
  const id = useId()
  return may(api, scope) ? null : { id, scope }
}

/** Says what the key lacks. */
export function LackHint({ lack }: { lack: Lack | null }) {
  const { strings } = useLanguage()
  if (lack === null) return null
  return (
    <p id={lack.id} class="lack">
      {strings.lacks(lack.scope)}
    </p>
  )
}

interface ActionProps {
  lack: Lack | null
  busy?: boolean
  /** Left out for the button that sends a form. */
  press?: () => void
  class?: string
  /** Where the text alone does not say what is meant. */
  label?: string
  children: ComponentChildren
}

/** Shows the button. */
export function Action({
  lack,
  busy = false,
  press,
  class: kind = '',
  label,
  children,
}: ActionProps) {
  return (
    <button
      type={press ? 'button' : 'submit'}
      class={lack ? `${kind} greyed` : kind}
      aria-disabled={busy || lack !== null}
      aria-describedby={lack?.id}
      aria-label={label}
      onClick={event => {
        if (lack) event.preventDefault()
        else press?.()
      }}
    >
      {children}
    </button>
  )
}

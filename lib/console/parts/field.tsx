// A labelled input with its hint, and the error of what was typed.
import { useId } from 'preact/hooks'

interface FieldProps {
  label: string
  hint?: string
  /** The error; null while there is none. */
  wrong?: string | null
  value: string
  onInput(value: string): void
  type?: 'text' | 'password' | 'search' | 'tel'
  inputMode?: 'numeric'
  enterkeyhint?: 'search'
  placeholder?: string
}

/** Shows a text input. */
export function Field({ label, hint, wrong, value, onInput, type = 'text', ...input }: FieldProps) {
  const id = useId()
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        id={id}
        // Preact's types tie an input's type to the roles that it may have; no role is given here.
        type={type as 'search'}
        value={value}
        onInput={event => onInput(event.currentTarget.value)}
        aria-describedby={`${id}-hint`}
        aria-invalid={wrong != null}
        autocomplete="off"
        spellcheck={false}
        autocapitalize="none"
        {...input}
      />
      <p id={`${id}-hint`} class={wrong ? 'hint wrong' : 'hint'} aria-live="polite">
        {wrong ?? hint}
      </p>
    </div>
  )
}

interface CheckboxProps {
  label: string
  hint: string
  checked: boolean
  onInput(checked: boolean): void
}

/** Shows a checkbox. */
export function Checkbox({ label, hint, checked, onInput }: CheckboxProps) {
  const id = useId()
  return (
    <div class="field checkbox">
      <input
        id={id}
        type="checkbox"
        checked={checked}
        aria-describedby={`${id}-hint`}
        onInput={event => onInput(event.currentTarget.checked)}
      />
      <label for={id}>{label}</label>
      <p id={`${id}-hint`} class="hint">
        {hint}
      </p>
    </div>
  )
}

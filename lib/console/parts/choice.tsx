// A choice of a few values, such as which devices are shown and in what order.
import { useId } from 'preact/hooks'

interface ChoiceProps<Value extends string> {
  label: string
  value: Value
  choices: Record<Value, string>
  /** It cannot be chosen, for a reason that is said beside it. */
  disabled?: boolean
  choose(value: Value): void
}

/** Shows the choice. */
export function Choice<Value extends string>(props: ChoiceProps<Value>) {
  const { label, value, choices, disabled = false, choose } = props
  const id = useId()
  return (
    <div class="choice">
      <label for={id}>{label}</label>
      <select
        id={id}
        value={value}
        disabled={disabled}
        onChange={event => choose(event.currentTarget.value as Value)}
      >
        {Object.entries<string>(choices).map(([choice, text]) => (
          <option key={choice} value={choice}>
            {text}
          </option>
        ))}
      </select>
    </div>
  )
}

// Which of the loaded devices are shown.
import { useId } from 'preact/hooks'
import { useLanguage } from '../language.ts'

/** The filter of the list. */
export interface Filter {
  confirmed: 'any' | 'yes' | 'no'
  lock: 'any' | 'locked' | 'open'
}

/** Shows every device. */
export const noFilter: Filter = { confirmed: 'any', lock: 'any' }

/** Shows the choices of the filter. */
export function Filters({ filter, change }: { filter: Filter; change(filter: Filter): void }) {
  const words = useLanguage().strings.list
  const { any, yes, no, locked, open } = words
  return (
    <>
      <Choice
        label={words.confirmed}
        value={filter.confirmed}
        choices={{ any, yes, no }}
        choose={confirmed => change({ ...filter, confirmed })}
      />
      <Choice
        label={words.lock}
        value={filter.lock}
        choices={{ any, locked, open }}
        choose={lock => change({ ...filter, lock })}
      />
    </>
  )
}

interface ChoiceProps<Value extends string> {
  label: string
  value: Value
  choices: Record<Value, string>
  choose(value: Value): void
}

/** Shows a choice of a few values. */
export function Choice<Value extends string>({
  label,
  value,
  choices,
  choose,
}: ChoiceProps<Value>) {
  const id = useId()
  return (
    <div class="choice">
      <label for={id}>{label}</label>
      <select id={id} value={value} onChange={event => choose(event.currentTarget.value as Value)}>
        {Object.entries<string>(choices).map(([choice, text]) => (
          <option key={choice} value={choice}>
            {text}
          </option>
        ))}
      </select>
    </div>
  )
}

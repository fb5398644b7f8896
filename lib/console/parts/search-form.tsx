// The field that finds a user by id, or a device by number. Its text never gets into an address.
import { useState } from 'preact/hooks'
import type { DeviceList } from '../device-list.ts'
import { useLanguage } from '../language.ts'
import { readSearch } from '../search.ts'
import { Field } from './field.tsx'

/** Shows the search form. */
export function SearchForm({ list }: { list: DeviceList }) {
  const words = useLanguage().strings.search
  const [text, setText] = useState(list.query)
  const [wrong, setWrong] = useState(false)

  const submit = (event: Event) => {
    event.preventDefault()
    const wanted = text.trim()
    const { userId, number } = readSearch(wanted)
    const means = wanted === '' || userId !== null || number !== null
    setWrong(!means)
    if (means) list.search(wanted)
  }
  const clear = () => {
    setText('')
    setWrong(false)
    list.search('')
  }

  return (
    <search>
      <form class="search" onSubmit={submit} noValidate>
        <Field
          label={words.label}
          hint={words.hint}
          wrong={wrong ? words.invalid : null}
          value={text}
          onInput={setText}
          type="search"
          enterkeyhint="search"
        />
        <button type="submit" class="primary">
          {words.submit}
        </button>
        {list.query && (
          <button type="button" onClick={clear}>
            {words.clear}
          </button>
        )}
      </form>
    </search>
  )
}

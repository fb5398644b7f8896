// The field that finds devices by what a caller can say. Its text never gets into an address.
import { useEffect, useState } from 'preact/hooks'
import { type Api, mayFind } from '../api.ts'
import type { DeviceList } from '../device-list.ts'
import { useLanguage } from '../language.ts'
import { canBeSearched, readSearch } from '../search.ts'
import { Field } from './field.tsx'

/** Shows the search form. */
export function SearchForm({ api, list }: { api: Api; list: DeviceList }) {
  const words = useLanguage().strings.search
  const [text, setText] = useState(list.wanted.text)
  const [wrong, setWrong] = useState(false)
  const canFind = mayFind(api)
  useEffect(() => setText(list.wanted.text), [list.wanted])

  const submit = (event: Event) => {
    event.preventDefault()
    const wanted = text.trim()
    const isUser = wanted === '' || readSearch(wanted).userId !== null
    const means = canFind ? canBeSearched(wanted) : isUser
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
          hint={canFind ? words.hint : words.hintOfUser}
          wrong={wrong ? words.invalid : null}
          value={text}
          onInput={setText}
          type="search"
          placeholder={canFind ? words.hint : words.hintOfUser}
          enterkeyhint="search"
        />
        <button type="submit" class="primary">
          {words.submit}
        </button>
        {(list.wanted.text !== '' || list.wanted.state !== null) && (
          <button type="button" onClick={clear}>
            {words.clear}
          </button>
        )}
      </form>
    </search>
  )
}

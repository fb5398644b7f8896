// A phone number, masked until the operator reveals it.
import { useState } from 'preact/hooks'
import { maskNumber } from '../../device/mask.ts'
import { useLanguage } from '../language.ts'

/** Returns the two digits that a mask shows. */
export function lastDigits(number: string): string {
  return number.slice(-2)
}

/** Returns the number as it is shown, and whether it is shown in full. */
export function useReveal(number: string) {
  const [shown, setShown] = useState(false)
  return { text: shown ? number : maskNumber(number), shown, toggle: () => setShown(!shown) }
}

/** Shows the button that reveals or hides a number. */
export function RevealButton({
  number,
  reveal,
}: {
  number: string
  reveal: ReturnType<typeof useReveal>
}) {
  const { strings } = useLanguage()
  const { show, hide, endingIn } = strings.number
  const label = reveal.shown ? hide : show
  return (
    <button
      type="button"
      class="icon"
      title={label}
      aria-label={`${label}: ${endingIn(lastDigits(number))}`}
      onClick={reveal.toggle}
    >
      <svg viewBox="0 0 24 24" width="20" height="20" aria-hidden="true">
        <path d="M2 12c3-5 6.5-7 10-7s7 2 10 7c-3 5-6.5 7-10 7s-7-2-10-7z" />
        <circle cx="12" cy="12" r="3" />
        {!reveal.shown && <path d="M4 20 20 4" />}
      </svg>
    </button>
  )
}

// The screen of an unknown address.
import { useLanguage } from '../language.ts'
import { Heading } from '../parts/heading.tsx'
import { listHref } from '../route.ts'

/** Shows that the address leads nowhere. */
export function NotFoundScreen() {
  const { strings } = useLanguage()
  return (
    <>
      <Heading title={strings.notFound.title} />
      <p class="lead">{strings.notFound.text}</p>
      <a href={listHref}>{strings.device.back}</a>
    </>
  )
}

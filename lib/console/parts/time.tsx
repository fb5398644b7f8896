// Moments and countdowns.
import { useNow } from '../clock.ts'
import { formatLeft } from '../format.ts'
import { useLanguage } from '../language.ts'

/** Shows a moment in the local time zone, and its exact form on hover. */
export function Moment({ at }: { at: string }) {
  const { moment, exactly } = useLanguage()
  return (
    <time dateTime={at} title={exactly(at)}>
      {moment(at)}
    </time>
  )
}

/** Counts down to a moment. Screen readers do not announce each second. */
export function Countdown({ until }: { until: string }) {
  const now = useNow()
  const { locale, exactly } = useLanguage()
  return (
    <span class="countdown" role="timer" title={exactly(until)}>
      {formatLeft(Date.parse(until) - now, locale)}
    </span>
  )
}

/** A moment within a sentence, with its exact time on hover. */
export function Sentence({ phrase, at }: { phrase: (until: string) => string; at: string }) {
  const mark = '\u0000'
  const [before, after] = phrase(mark).split(mark)
  return (
    <>
      {before}
      <Moment at={at} />
      {after}
    </>
  )
}

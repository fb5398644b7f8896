// Moments and what is left until them.
import { useNow } from '../clock.ts'
import { formatLeft } from '../format.ts'
import { useLanguage } from '../language.ts'

/** A moment in the local zone; exactly on hover. */
export function Moment({ at }: { at: string }) {
  const { moment, exactly } = useLanguage()
  return (
    <time dateTime={at} title={exactly(at)}>
      {moment(at)}
    </time>
  )
}

/** What is left until a moment, counting down. It is not announced each second. */
export function Countdown({ until }: { until: string }) {
  const now = useNow()
  const { locale, exactly } = useLanguage()
  return (
    <span class="countdown" role="timer" title={exactly(until)}>
      {formatLeft(Date.parse(until) - now, locale)}
    </span>
  )
}

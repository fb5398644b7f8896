// What came of an action, beside the button that began it. The region is there before its text is: only so
// is the text heard.
import type { Failure } from '../api.ts'
import { useLanguage } from '../language.ts'

/** A good end in a sentence, or a failure. */
export type Outcome = { done: string } | { failure: Failure } | null

export function Notice({ outcome }: { outcome: Outcome }) {
  return (
    <div class="notice-place" aria-live="polite">
      {outcome && 'done' in outcome && <p class="notice good">{outcome.done}</p>}
      {outcome && 'failure' in outcome && <Problem failure={outcome.failure} />}
    </div>
  )
}

/** A failure as a sentence, with its code for whoever is asked about it. */
export function Problem({ failure }: { failure: Failure }) {
  const { strings, moment } = useLanguage()
  const until = failure.lockedUntil ?? failure.nextChallengeAt ?? failure.validUntil ?? null
  const sentence = strings.problems[failure.code]?.(failure, until && moment(until))
  return (
    <p class="notice bad">
      {sentence ?? failure.detail ?? failure.code} <code title={strings.code}>{failure.code}</code>
    </p>
  )
}

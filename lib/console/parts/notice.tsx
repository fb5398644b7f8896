// The outcome of an action, beside the button that started it. The region exists before its text
// does: otherwise a screen reader does not read the text out.
import type { Failure } from '../api.ts'
import { useLanguage } from '../language.ts'
import type { Sentence } from '../strings/en.ts'

/** A sentence about a success, or a failure. */
export type Outcome = { done: string } | { failure: Failure } | null

/** Shows an outcome. */
export function Notice({ outcome }: { outcome: Outcome }) {
  return (
    <div class="notice-place" aria-live="polite">
      {outcome && 'done' in outcome && <p class="notice good">{outcome.done}</p>}
      {outcome && 'failure' in outcome && <Problem failure={outcome.failure} />}
    </div>
  )
}

/** Shows a failure as a sentence, with its code for support. */
export function Problem({ failure }: { failure: Failure }) {
  const { strings, moment } = useLanguage()
  const until = failure.lockedUntil ?? failure.nextChallengeAt ?? failure.validUntil ?? null
  const sentences: Partial<Record<Failure['code'], Sentence>> = strings.problems
  const sentence = sentences[failure.code]?.(failure, until && moment(until))
  return (
    <p class="notice bad">
      {sentence ?? failure.detail ?? failure.code} <code title={strings.code}>{failure.code}</code>
    </p>
  )
}

// What is shown while the service answers, and when it does not.
import { useEffect, useState } from 'preact/hooks'
import type { Failure } from '../api.ts'
import { useLanguage } from '../language.ts'
import { Problem } from './notice.tsx'

const slowMs = 4000

/** Shows grey shapes as high as the content. After a while it says that the answer is slow. */
export function Skeleton({ rows, tall }: { rows: number; tall?: boolean }) {
  const { strings } = useLanguage()
  const [slow, setSlow] = useState(false)
  useEffect(() => {
    const timer = setTimeout(() => setSlow(true), slowMs)
    return () => clearTimeout(timer)
  }, [])
  return (
    <div class="skeleton" aria-busy="true">
      <p class={slow ? 'slow' : 'hidden'} role="status">
        {slow ? strings.slow : strings.loading}
      </p>
      {Array.from({ length: rows }, (_, row) => (
        <div key={row} class={tall ? 'shape tall' : 'shape'} />
      ))}
    </div>
  )
}

/** Shows a failure with a button to try again. */
export function Failed({ failure, retry }: { failure: Failure; retry: () => void }) {
  const { strings } = useLanguage()
  return (
    <div class="failed" role="alert">
      <Problem failure={failure} />
      <button type="button" onClick={retry}>
        {strings.retry}
      </button>
    </div>
  )
}

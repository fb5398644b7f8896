// How full limits on sends are, as meters.
import { formatCount, formatShare, formatWindow } from '../amounts.ts'
import type { Limits } from '../api.ts'
import { useLanguage } from '../language.ts'
import { type Meter, Meters } from './meters.tsx'

type Limit = Limits['limits'][number]

interface LimitMetersProps {
  limits: Limit[]
  nameOf(limit: Limit['limit']): string
  isFull(limit: Limit): boolean
}

/** Shows the limits of which it is known how full they are. */
export function LimitMeters({ limits, nameOf, isFull }: LimitMetersProps) {
  const { strings, locale, moment } = useLanguage()
  const words = strings.traffic
  const meters = limits.flatMap((one): Meter[] => {
    const { limit, sent, most, seconds, resetsAt } = one
    if (sent === null) return []
    const full = isFull(one)
    const filled = full ? 1 : Math.min(1, sent / most)
    const count = words.of(formatCount(sent, locale), formatCount(most, locale))
    return [
      {
        key: `${limit} ${seconds}`,
        name: words.limited(nameOf(limit), formatWindow(seconds, locale)),
        text: `${count} (${full ? words.full : formatShare(filled, locale)})`,
        share: 1,
        filled,
        kind: full ? 'worst' : filled >= 0.8 ? 'nearly' : 'plain',
        ...(filled >= 0.8 && { hint: words.emptyAt(moment(resetsAt)) }),
      },
    ]
  })
  return meters.length > 0 ? <Meters meters={meters} /> : null
}

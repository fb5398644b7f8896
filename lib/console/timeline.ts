// What happened to a device, page by page, newest first. The stream tells it seconds late, so that
// after a change it is asked for twice.
import { useCallback, useEffect, useRef, useState } from 'preact/hooks'
import { type Api, type Device, type Failure, may, type TimelineEvent } from './api.ts'

const pageSize = 20
const lateMs = 4000

/** The events as they are loaded. */
export interface Timeline {
  /** Null until the first answer, and where the key may not read them. */
  events: TimelineEvent[] | null
  /** Where the next page starts; null after the last. */
  cursor: string | null
  loading: 'first' | 'more' | null
  failure: Failure | null
  more(): void
  refresh(): void
}

type Loaded = Pick<Timeline, 'events' | 'cursor'>

type Answer = { events: TimelineEvent[]; cursor: string | null }

function joined(before: Loaded, { events, cursor }: Answer): Loaded {
  return { events: withoutDoubles([...(before.events ?? []), ...events]), cursor }
}

/** The first page anew; the earlier ones that were loaded stay where they follow on it. */
function renewed(before: Loaded, page: Answer): Loaded {
  const old = before.events ?? []
  const follows = page.events.some(({ id }) => old.some(one => one.id === id))
  if (!follows || old.length <= pageSize) return page
  return { events: withoutDoubles([...page.events, ...old]), cursor: before.cursor }
}

function withoutDoubles(events: TimelineEvent[]): TimelineEvent[] {
  return [...new Map(events.map(event => [event.id, event])).values()]
}

/** Loads the events of a device, and again when it has changed. */
export function useTimeline(api: Api, device: Device): Timeline {
  const { userId, id } = device
  const [loaded, setLoaded] = useState<Loaded>({ events: null, cursor: null })
  const [loading, setLoading] = useState<Timeline['loading']>('first')
  const [failure, setFailure] = useState<Failure | null>(null)
  const running = useRef<AbortController | null>(null)

  const load = useCallback(
    async (after: Loaded | null) => {
      if (!may(api, 'devices:read')) return setLoading(null)
      running.current?.abort()
      const controller = new AbortController()
      const { signal } = controller
      running.current = controller
      setLoading(after ? 'more' : 'first')
      setFailure(null)
      const cursor = after?.cursor ?? undefined
      const result = await api.call(otp =>
        otp.devices.events(userId, id, { limit: pageSize, cursor, signal }),
      )
      if (signal.aborted) return
      setLoading(null)
      if (!result.ok) return setFailure(result.failure)
      setLoaded(before => (after ? joined(after, result.value) : renewed(before, result.value)))
    },
    [api, userId, id],
  )
  useEffect(() => {
    load(null)
    const timer = setTimeout(() => load(null), lateMs)
    return () => {
      clearTimeout(timer)
      running.current?.abort()
    }
  }, [load, device])
  return {
    ...loaded,
    loading,
    failure,
    more: () => load(loaded),
    refresh: () => load(null),
  }
}

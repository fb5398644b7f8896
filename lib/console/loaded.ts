// An answer of the API, loaded again when the path changes and when the tab becomes visible.
import { useCallback, useEffect, useRef, useState } from 'preact/hooks'
import type { Api, Failure } from './api.ts'
import { serverNow } from './clock.ts'

/** The last good answer, and the state of the last request. */
export interface Loaded<Value> {
  value: Value | null
  /** The path that the value is of. */
  path: string | null
  failure: Failure | null
  loading: boolean
  /** When the value arrived, milliseconds since the epoch. */
  at: number
  reload(): void
}

interface Answer<Value> {
  value: Value
  path: string
  at: number
}

/** Loads a path; null waits. */
export function useLoaded<Value>(api: Api, path: string | null): Loaded<Value> {
  const [answer, setAnswer] = useState<Answer<Value> | null>(null)
  const [failure, setFailure] = useState<Failure | null>(null)
  const [loading, setLoading] = useState(true)
  const running = useRef<AbortController | null>(null)

  const reload = useCallback(async () => {
    running.current?.abort()
    if (path === null) return
    const controller = new AbortController()
    running.current = controller
    setLoading(true)
    setFailure(null)
    const result = await api.call<Value>('GET', path, { signal: controller.signal })
    // The answer belongs to an older request.
    if (controller.signal.aborted) return
    setLoading(false)
    if (!result.ok) return setFailure(result.failure)
    setAnswer({ value: result.value, path, at: serverNow() })
  }, [api, path])

  useEffect(() => {
    reload()
    const look = () => document.visibilityState === 'visible' && reload()
    document.addEventListener('visibilitychange', look)
    return () => {
      running.current?.abort()
      document.removeEventListener('visibilitychange', look)
    }
  }, [reload])
  const { value = null, at = 0 } = answer ?? {}
  return { value, path: answer?.path ?? null, at, failure, loading, reload }
}

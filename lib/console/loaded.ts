// An answer of the API, loaded again when its name changes and when the tab becomes visible.
import { useCallback, useEffect, useRef, useState } from 'preact/hooks'
import type { OtpClient } from '../client/client.ts'
import type { Api, Failure } from './api.ts'
import { serverNow } from './clock.ts'

/** The last good answer, and the state of the last request. */
export interface Loaded<Value> {
  value: Value | null
  /** The name that the value is of. */
  name: string | null
  failure: Failure | null
  loading: boolean
  /** When the value arrived, milliseconds since the epoch. */
  at: number
  reload(): void
}

interface Answer<Value> {
  value: Value
  name: string
  at: number
}

/** Loads what `ask` asks for, under a name that tells it from other questions; null waits. */
export function useLoaded<Asked extends { ok: boolean }>(
  api: Api,
  name: string | null,
  ask: (otp: OtpClient, signal: AbortSignal) => Promise<Asked>,
): Loaded<Extract<Asked, { ok: true }>> {
  const [answer, setAnswer] = useState<Answer<Extract<Asked, { ok: true }>> | null>(null)
  const [failure, setFailure] = useState<Failure | null>(null)
  const [loading, setLoading] = useState(true)
  const running = useRef<AbortController | null>(null)

  const reload = useCallback(async () => {
    running.current?.abort()
    if (name === null) return
    const controller = new AbortController()
    running.current = controller
    setLoading(true)
    setFailure(null)
    const result = await api.call(otp => ask(otp, controller.signal))
    // The answer belongs to an older request.
    if (controller.signal.aborted) return
    setLoading(false)
    if (!result.ok) return setFailure(result.failure)
    setAnswer({ value: result.value, name, at: serverNow() })
  }, [api, name])

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
  return { value, name: answer?.name ?? null, at, failure, loading, reload }
}

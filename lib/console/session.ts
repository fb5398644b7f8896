// The operator's API key: in memory, and in this tab's sessionStorage where the operator asked for
// it. It is forgotten when nobody has touched the page for a while.
import { useEffect, useState } from 'preact/hooks'
import { type Api, connectApi, type Failure } from './api.ts'
import { isIdleSince, useIdle } from './idle.ts'

const kept = 'console-api-key'

/** The API of the signed-in operator, or null; `reason` is why the last session ended. */
export interface Session {
  api: Api | null
  /** A key that was kept is being looked up. */
  isResuming: boolean
  reason: Failure | 'idle' | null
  signIn(apiKey: string, options: { keep: boolean }): Promise<Failure | null>
  signOut(): void
}

/** Keeps the session. */
export function useSession(): Session {
  const [api, setApi] = useState<Api | null>(null)
  const [resumed, setResumed] = useState(keptKey)
  const [reason, setReason] = useState<Session['reason']>(null)

  const leave = (why: Session['reason']) => {
    sessionStorage.removeItem(kept)
    setApi(null)
    setReason(why)
  }
  const enter = async (apiKey: string): Promise<Failure | null> => {
    const connected = connectApi(apiKey, leave)
    const result = await connected.call(otp => otp.key())
    if (!result.ok) return result.failure
    setReason(null)
    setApi({ ...connected, key: result.value })
    return null
  }
  useEffect(() => {
    if (resumed === null) return
    enter(resumed).then(failure => {
      setResumed(null)
      if (failure) setReason(failure)
    })
  }, [])
  useIdle(api !== null, () => leave('idle'))

  return {
    api,
    isResuming: resumed !== null,
    reason,
    async signIn(candidate, { keep }) {
      setReason(null)
      const failure = await enter(candidate)
      if (failure) setReason(null)
      else if (keep) sessionStorage.setItem(kept, candidate)
      return failure
    },
    signOut: () => leave(null),
  }
}

/** A tab that was asleep for long wakes up signed out. */
function keptKey(): string | null {
  if (isIdleSince()) sessionStorage.removeItem(kept)
  return sessionStorage.getItem(kept)
}

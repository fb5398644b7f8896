// The operator's API key: in memory, and in this tab's sessionStorage where the
// operator asked for it.
import { useMemo, useState } from 'preact/hooks'
import { type Api, connectApi, type Failure } from './api.ts'

const kept = 'console-api-key'

/** The API of the signed-in operator, or null; `reason` is why the last session ended. */
export interface Session {
  api: Api | null
  reason: Failure | null
  signIn(apiKey: string, options: { keep: boolean }): Promise<Failure | null>
  signOut(): void
}

/** Keeps the session. */
export function useSession(): Session {
  const [apiKey, setApiKey] = useState(() => sessionStorage.getItem(kept))
  const [reason, setReason] = useState<Failure | null>(null)

  const leave = (why: Failure | null) => {
    sessionStorage.removeItem(kept)
    setApiKey(null)
    setReason(why)
  }
  const api = useMemo(() => (apiKey === null ? null : connectApi(apiKey, leave)), [apiKey])

  return {
    api,
    reason,
    async signIn(candidate, { keep }) {
      // The console shows the list first, so a key that cannot read it is refused.
      const result = await connectApi(candidate, () => {}).call(otp =>
        otp.devices.find({ limit: 1 }),
      )
      if (!result.ok) return result.failure
      if (keep) sessionStorage.setItem(kept, candidate)
      setReason(null)
      setApiKey(candidate)
      return null
    },
    signOut: () => leave(null),
  }
}

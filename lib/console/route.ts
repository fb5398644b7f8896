// The current screen, kept in the fragment of the address. The fragment is never sent to a server,
// and holds no number.
import { useEffect, useState } from 'preact/hooks'

/** A screen with its parameters; `none` is an unknown address. */
export type Route =
  | { screen: 'list' }
  | { screen: 'traffic'; limitsOf?: string }
  | { screen: 'device'; userId: string; deviceId: string }
  | { screen: 'none' }

/** The address of the list. */
export const listHref = '#/'

/** The address of the traffic screen. */
export const trafficHref = '#/traffic'

/** The address of the limits on the traffic screen, with that of a country, if any. */
export function limitsHref(country: string): string {
  return `#/limits/${country}`
}

/** The address of a device. */
export function deviceHref({ userId, id }: { userId: string; id: string }): string {
  return `#/users/${encodeURIComponent(userId)}/devices/${encodeURIComponent(id)}`
}

/** Reads a fragment. */
export function readRoute(fragment: string): Route {
  if (['', '#', listHref].includes(fragment)) return { screen: 'list' }
  if (fragment === trafficHref) return { screen: 'traffic' }
  const limitsOf = /^#\/limits\/([A-Z]{2}|)$/.exec(fragment)?.[1]
  if (limitsOf !== undefined) return { screen: 'traffic', limitsOf }
  const [, userId, deviceId] = /^#\/users\/([^/]+)\/devices\/([^/]+)$/.exec(fragment) ?? []
  if (userId === undefined || deviceId === undefined) return { screen: 'none' }
  try {
    return {
      screen: 'device',
      userId: decodeURIComponent(userId),
      deviceId: decodeURIComponent(deviceId),
    }
  } catch {
    return { screen: 'none' }
  }
}

/** Returns the current screen. */
export function useRoute(): Route {
  const [fragment, setFragment] = useState(() => location.hash)
  useEffect(() => {
    const read = () => setFragment(location.hash)
    addEventListener('hashchange', read)
    return () => removeEventListener('hashchange', read)
  }, [])
  return readRoute(fragment)
}

// The list of devices as it is loaded, page after page of a search. It stays while
// a device is shown.
import { useCallback, useEffect, useRef, useState } from 'preact/hooks'
import type { Api, Device, Failure } from './api.ts'
import { findDevices, type Order, type Wanted, withoutDoubles } from './search.ts'

interface Loaded {
  devices: Device[]
  /** Where the next page starts; null after the last. */
  cursor: string | null
}

/** The list and its actions. */
export interface DeviceList extends Loaded {
  wanted: Wanted
  order: Order
  sort(order: Order): void
  /** `first`: nothing is loaded yet; `more`: another page is loading. */
  loading: 'first' | 'more' | null
  /** Why the list, or its next page, was not loaded. */
  failure: { of: 'first' | 'more'; why: Failure } | null
  /** Searches for a text, or else for all devices in a state. */
  search(text: string, state?: Wanted['state']): void
  more(): void
  refresh(): void
  /** Updates one device with what a screen has learned. */
  put(device: Device): void
  remove(gone: (device: Device) => boolean): void
}

const everything: Wanted = { text: '', state: null }

/** Loads the list and keeps it. */
export function useDeviceList(api: Api): DeviceList {
  const [wanted, setWanted] = useState(everything)
  const [order, sort] = useState<Order>('user')
  const [loaded, setLoaded] = useState<Loaded>({ devices: [], cursor: null })
  const [loading, setLoading] = useState<DeviceList['loading']>('first')
  const [failure, setFailure] = useState<DeviceList['failure']>(null)
  const running = useRef<AbortController | null>(null)

  const load = useCallback(
    async (asked: Wanted, after: Loaded | null) => {
      // The answer to an older search must not overwrite a newer one's.
      running.current?.abort()
      const controller = new AbortController()
      running.current = controller
      setFailure(null)
      setLoading(after ? 'more' : 'first')
      const result = await findDevices(api, asked, after?.cursor ?? null, controller.signal)
      if (controller.signal.aborted) return
      setLoading(null)
      if (!result.ok) return setFailure({ of: after ? 'more' : 'first', why: result.failure })
      const { devices, cursor } = result.value
      setLoaded({ devices: withoutDoubles([...(after?.devices ?? []), ...devices]), cursor })
    },
    [api],
  )
  useEffect(() => {
    load(everything, null)
    return () => running.current?.abort()
  }, [load])

  return {
    ...loaded,
    wanted,
    order,
    sort,
    loading,
    failure,
    search(text, state = null) {
      setWanted({ text, state })
      setLoaded({ devices: [], cursor: null })
      load({ text, state }, null)
    },
    more: () => load(wanted, loaded),
    refresh: () => load(wanted, null),
    put: useCallback(
      device =>
        setLoaded(({ devices, cursor }) => ({
          cursor,
          devices: devices.map(known =>
            known.id === device.id && known.userId === device.userId ? device : known,
          ),
        })),
      [],
    ),
    remove: useCallback(
      gone =>
        setLoaded(({ devices, cursor }) => ({
          cursor,
          devices: devices.filter(device => !gone(device)),
        })),
      [],
    ),
  }
}

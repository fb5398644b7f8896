// One device: its state, what helps a user on the phone, and what can be changed.
import { useCallback, useEffect, useRef, useState } from 'preact/hooks'
import type { Api, Device, Failure } from '../api.ts'
import { serverNow, useMomentOf } from '../clock.ts'
import type { DeviceList } from '../device-list.ts'
import { useLanguage } from '../language.ts'
import { nextEnd } from '../lock.ts'
import { Heading } from '../parts/heading.tsx'
import { RevealButton, useReveal } from '../parts/number.tsx'
import { Failed, Skeleton } from '../parts/waiting.tsx'
import { listHref } from '../route.ts'
import { Facts } from './device-facts.tsx'
import { PhoneHelp } from './device-phone-help.tsx'
import type { DevicePartProps } from './device-props.ts'
import { StateTiles } from './device-state.tsx'

interface DeviceProps {
  api: Api
  list: DeviceList
  userId: string
  deviceId: string
}

/** Shows one device. */
export function DeviceScreen({ api, list, userId, deviceId }: DeviceProps) {
  const { strings } = useLanguage()
  const { device, failure, show, reload } = useDevice(api, userId, deviceId, list.put)

  return (
    <>
      <a class="back" href={listHref}>
        {strings.device.back}
      </a>
      {!device && <Heading title={strings.device.facts} />}
      {!device && !failure && <Skeleton rows={3} tall />}
      {!device && failure && <Failed failure={failure} retry={reload} />}
      {device && <Loaded {...{ api, list, device, show, reload }} failure={failure} />}
    </>
  )
}

function Loaded({ failure, ...part }: DevicePartProps & { failure: Failure | null }) {
  const { device, list } = part
  const words = useLanguage().strings.device
  const reveal = useReveal(device.number)
  return (
    <>
      <div class="title-row">
        <Heading title={words.facts}>
          <span class="number big">{reveal.text}</span>
        </Heading>
        <RevealButton number={device.number} reveal={reveal} />
      </div>
      <p class="lead">
        {device.name && <>{device.name} · </>}
        {words.user}{' '}
        <a href={listHref} onClick={() => list.search(device.userId)}>
          {device.userId}
        </a>
      </p>
      {failure && <Failed failure={failure} retry={part.reload} />}
      <StateTiles {...part} />
      <div class="columns">
        <PhoneHelp {...part} />
        <Facts {...part} />
      </div>
    </>
  )
}

/**
 * The device as the API last showed it. It is loaded again when a lock, cooldown or token ends, and
 * when the tab becomes visible.
 */
function useDevice(api: Api, userId: string, deviceId: string, put: DeviceList['put']) {
  const [device, setDevice] = useState<Device | null>(null)
  const [failure, setFailure] = useState<Failure | null>(null)
  const latest = useRef(0)

  const show = useCallback(
    (shown: Device) => {
      // An answer that is still under way is older than this one.
      latest.current += 1
      setFailure(null)
      setDevice(shown)
      put(shown)
    },
    [put],
  )
  const reload = useCallback(async () => {
    latest.current += 1
    const asked = latest.current
    const result = await api.call(otp => otp.devices.get(userId, deviceId))
    if (asked !== latest.current) return
    if (result.ok) return show(result.value)
    setFailure(result.failure)
    if (result.failure.code === 'device_not_found') setDevice(null)
  }, [api, userId, deviceId, show])

  useEffect(() => {
    reload()
    const look = () => document.visibilityState === 'visible' && reload()
    document.addEventListener('visibilitychange', look)
    return () => {
      latest.current = -1
      document.removeEventListener('visibilitychange', look)
    }
  }, [reload])
  useMomentOf(device && nextEnd(device, serverNow()), reload)
  return { device, failure, show, reload }
}

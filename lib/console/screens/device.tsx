// One device: why its phone gets no SMS, its state, what helps a user on the phone, what happened,
// and what can be changed.
import { useCallback, useEffect, useRef, useState } from 'preact/hooks'
import { type Api, type Device, type Failure, may } from '../api.ts'
import { serverNow, useMomentOf } from '../clock.ts'
import type { DeviceList } from '../device-list.ts'
import { useLanguage } from '../language.ts'
import { useLoaded } from '../loaded.ts'
import { nextEnd } from '../lock.ts'
import { Badges } from '../parts/badges.tsx'
import { Heading } from '../parts/heading.tsx'
import { RevealButton, useReveal } from '../parts/number.tsx'
import { Failed, Skeleton } from '../parts/waiting.tsx'
import { listHref } from '../route.ts'
import { type Timeline, useTimeline } from '../timeline.ts'
import { Facts } from './device-facts.tsx'
import { DeviceLimits } from './device-limits.tsx'
import { PhoneHelp } from './device-phone-help.tsx'
import type { DevicePartProps } from './device-props.ts'
import { Reasons } from './device-reasons.tsx'
import { StateTiles } from './device-state.tsx'
import { TimelineCard } from './device-timeline.tsx'

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

interface LoadedProps extends Omit<DevicePartProps, 'known' | 'reloadKnown'> {
  failure: Failure | null
}

function Loaded({ failure, ...given }: LoadedProps) {
  const { api, device, list } = given
  const words = useLanguage().strings.device
  const reveal = useReveal(device.number)
  const timeline = useTimeline(api, device)
  const part = { ...given, ...useKnown(api, device, timeline.events) }
  return (
    <>
      <div class="title-row">
        <Heading title={words.facts}>
          <span class="number big">{reveal.text}</span>
        </Heading>
        <RevealButton number={device.number} reveal={reveal} />
        <Badges device={device} />
      </div>
      <p class="lead">
        {device.name && (
          <>
            <bdi>{device.name}</bdi> ·{' '}
          </>
        )}
        {words.user}{' '}
        <a href={listHref} onClick={() => list.search(device.userId)}>
          {device.userId}
        </a>
      </p>
      {failure && <Failed failure={failure} retry={part.reload} />}
      <Reasons {...part} />
      <StateTiles {...part} />
      <div class="halves">
        <div class="cards">
          <PhoneHelp {...part} />
          <DeviceLimits {...part} />
          <Facts {...part} />
        </div>
        <TimelineCard api={api} timeline={timeline} />
      </div>
    </>
  )
}

/** The limits and suspensions that can hold a message to the device back, loaded with it. */
function useKnown(api: Api, device: Device, events: Timeline['events']) {
  const { userId, id: deviceId, number, country, established } = device
  const isAdmin = may(api, 'admin')
  const limits = useLoaded(api, isAdmin ? `limits ${number} ${established}` : null, (otp, signal) =>
    otp.limits.get({
      ...{ number, userId, country: country ?? undefined, signal },
      // The limit of its number counts an established device by itself.
      deviceId: established ? deviceId : undefined,
    }),
  )
  const suspensions = useLoaded(api, isAdmin ? number : null, (otp, signal) =>
    otp.suspensions.get({ number, signal }),
  )
  const reloadKnown = () => {
    limits.reload()
    suspensions.reload()
  }
  const isFirst = useRef(true)
  useEffect(() => {
    if (!isFirst.current) reloadKnown()
    isFirst.current = false
  }, [device])
  return {
    known: {
      on: api.key,
      ...{ limits: limits.value, suspensions: suspensions.value, events },
      limitsFailure: limits.failure,
      isComplete: limits.value !== null && suspensions.value !== null,
    },
    reloadKnown,
  }
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

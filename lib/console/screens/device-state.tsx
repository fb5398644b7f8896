// The state of a device now: whether it may be verified and sent to, and whether
// a token is pending.
import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import type { Device } from '../api.ts'
import { useNow } from '../clock.ts'
import { useLanguage } from '../language.ts'
import { lockOf } from '../lock.ts'
import { Notice, type Outcome } from '../parts/notice.tsx'
import { Countdown, Moment } from '../parts/time.tsx'
import type { DevicePartProps } from './device-props.ts'

/** Shows the state as three tiles. */
export function StateTiles(part: DevicePartProps) {
  const words = useLanguage().strings.device
  return (
    <section class="tiles" aria-label={words.state}>
      <Verification {...part} />
      <Sending device={part.device} />
      <Pending device={part.device} />
    </section>
  )
}

function Verification({ api, device, show }: DevicePartProps) {
  const words = useLanguage().strings.device
  const lock = lockOf(device, useNow())
  const [outcome, setOutcome] = useState<Outcome>(null)
  const [busy, setBusy] = useState(false)
  const { lockedUntil, failureCount } = device.throttle

  const unlock = async () => {
    if (busy) return
    setBusy(true)
    const result = await api.call(otp => otp.devices.reset(device.userId, device.id))
    setBusy(false)
    if (result.ok) show(result.value)
    setOutcome(result.ok ? { done: words.unlocked } : result)
  }

  return (
    <Tile title={words.verification} state={lock}>
      <p class="tile-value">
        {lock === 'locked' && lockedUntil ? <Countdown until={lockedUntil} /> : words[lock]}
      </p>
      <p class="tile-hint">
        {lock === 'open' && words.openHint}
        {lock === 'disabled' && words.disabledHint}
        {lock === 'locked' && <Until phrase={words.lockedHint} at={lockedUntil} />}
      </p>
      <div class="tile-foot">
        <span>{words.failures(failureCount)}</span>
        <button type="button" aria-disabled={busy} onClick={unlock}>
          {words.unlock}
        </button>
      </div>
      <Notice outcome={outcome} />
    </Tile>
  )
}

function Sending({ device: { cooldown } }: { device: Device }) {
  const words = useLanguage().strings.device
  const at = running(cooldown.nextChallengeAt, useNow())
  return (
    <Tile title={words.sending} state={at ? 'waiting' : 'open'}>
      <p class="tile-value">{at ? <Countdown until={at} /> : words.sendingOpen}</p>
      <p class="tile-hint">
        {at ? <Until phrase={words.cooldownHint} at={at} /> : words.sendingHint}
      </p>
    </Tile>
  )
}

function Pending({ device: { pending } }: { device: Device }) {
  const words = useLanguage().strings.device
  const until = running(pending?.validUntil, useNow())
  return (
    <Tile title={words.pending} state={until ? 'live' : 'open'}>
      <p class="tile-value">{until ? <Countdown until={until} /> : words.pendingNone}</p>
      <p class="tile-hint">
        {until ? <Until phrase={words.pendingHint} at={until} /> : words.pendingNoneHint}
      </p>
    </Tile>
  )
}

interface TileProps {
  title: string
  state: 'open' | 'locked' | 'disabled' | 'waiting' | 'live'
  children: ComponentChildren
}

function Tile({ title, state, children }: TileProps) {
  return (
    <div class={`tile ${state}`}>
      <h2>{title}</h2>
      {children}
    </div>
  )
}

/** A moment within a sentence, with its exact time on hover. */
function Until({ phrase, at }: { phrase: (until: string) => string; at: string | null }) {
  const mark = '\u0000'
  const [before, after] = phrase(mark).split(mark)
  if (at === null) return null
  return (
    <>
      {before}
      <Moment at={at} />
      {after}
    </>
  )
}

/** A moment that is still to come. */
function running(at: string | null | undefined, now: number): string | null {
  return at && now < Date.parse(at) ? at : null
}

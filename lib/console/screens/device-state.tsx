// The state of a device now: whether it may be verified and sent to, what became of the last
// message, and whether a token is pending.
import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import { type Device, may } from '../api.ts'
import { useNow } from '../clock.ts'
import { useLanguage } from '../language.ts'
import { lockOf } from '../lock.ts'
import { Action, LackHint, useLack } from '../parts/action.tsx'
import { Notice, type Outcome } from '../parts/notice.tsx'
import { Countdown, Sentence } from '../parts/time.tsx'
import { TwilioSays } from '../parts/twilio.tsx'
import { deliveryOf, isHolding, reasonsOf } from '../reasons.ts'
import type { DevicePartProps } from './device-props.ts'

/** Shows the state as four tiles. */
export function StateTiles(part: DevicePartProps) {
  const words = useLanguage().strings.device
  return (
    <section class="tiles four" aria-label={words.state}>
      <Verification {...part} />
      <Sending {...part} />
      <LastMessage {...part} />
      <Pending device={part.device} />
    </section>
  )
}

function Verification({ api, device, show }: DevicePartProps) {
  const words = useLanguage().strings.device
  const lock = lockOf(device, useNow())
  const [outcome, setOutcome] = useState<Outcome>(null)
  const [busy, setBusy] = useState(false)
  const lack = useLack(api, 'admin')
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
        {lock === 'locked' && lockedUntil && (
          <Sentence phrase={words.lockedHint} at={lockedUntil} />
        )}
      </p>
      <div class="tile-foot">
        <span>{words.failures(failureCount)}</span>
        <Action lack={lack} busy={busy} press={unlock}>
          {words.unlock}
        </Action>
      </div>
      <LackHint lack={lack} />
      <Notice outcome={outcome} />
    </Tile>
  )
}

/** What holds the next message back; the reasons themselves stand above. */
function Sending({ api, device, known }: DevicePartProps) {
  const words = useLanguage().strings.device
  const now = useNow()
  const at = running(device.cooldown.nextChallengeAt, now)
  const others = reasonsOf(device, known, now).filter(
    reason => isHolding(reason) && reason.kind !== 'cooldown',
  )
  if (others.length > 0) {
    return (
      <Tile title={words.sending} state="disabled">
        <p class="tile-value">{words.sendingHeld}</p>
        <p class="tile-hint">{words.sendingHeldHint}</p>
      </Tile>
    )
  }
  const hint = may(api, 'admin')
    ? known.isComplete
      ? words.sendingHint
      : words.sendingUnknown
    : words.sendingNotSeen
  return (
    <Tile title={words.sending} state={at ? 'waiting' : 'open'}>
      <p class="tile-value">{at ? <Countdown until={at} /> : words.sendingOpen}</p>
      <p class="tile-hint">{at ? <Sentence phrase={words.cooldownHint} at={at} /> : hint}</p>
    </Tile>
  )
}

function LastMessage({ device, known }: DevicePartProps) {
  const { strings } = useLanguage()
  const words = strings.device
  const delivery = deliveryOf(device, known.events)
  if (delivery === null) {
    return (
      <Tile title={words.message} state="open">
        <p class="tile-value">{words.messageNone}</p>
        <p class="tile-hint">{words.messageNoneHint}</p>
      </Tile>
    )
  }
  const { status, reason, channel, at, next, twilioCode, messageSid } = delivery
  const isLost = status === 'undelivered' || status === 'failed'
  return (
    <Tile title={words.message} state={isLost ? 'disabled' : 'open'}>
      <p class="tile-value">{words.statuses[status]}</p>
      <p class="tile-hint">
        {channel && `${words.channels[channel]} · `}
        <Sentence phrase={strings.reasons.at} at={at} />
        {isLost && ` ${strings.reasons.undelivered[reason ?? 'unknown']}`}
        {next && ` ${words.next[next]}`}
      </p>
      {(messageSid !== null || isLost) && (
        <div class="tile-foot">
          <TwilioSays code={twilioCode} sid={messageSid} />
        </div>
      )}
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
        {until ? <Sentence phrase={words.pendingHint} at={until} /> : words.pendingNoneHint}
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

/** A moment that is still to come. */
function running(at: string | null | undefined, now: number): string | null {
  return at && now < Date.parse(at) ? at : null
}

// The answer to "I get no SMS": every reason that is known, and the button that takes it away.
import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import { countryName, formatCount, formatWindow } from '../amounts.ts'
import { may } from '../api.ts'
import { useNow } from '../clock.ts'
import { useLanguage } from '../language.ts'
import { Action, LackHint, useLack } from '../parts/action.tsx'
import { Notice, type Outcome } from '../parts/notice.tsx'
import { Countdown, Sentence } from '../parts/time.tsx'
import { TwilioSays } from '../parts/twilio.tsx'
import { isHolding, type Reason, reasonsOf } from '../reasons.ts'
import { limitsHref } from '../route.ts'
import type { DevicePartProps } from './device-props.ts'
import { EmptyLimitDialog, LiftDialog } from './release-dialogs.tsx'

/** Shows why the phone gets no SMS. */
export function Reasons(part: DevicePartProps) {
  const { api, device, known } = part
  const words = useLanguage().strings.reasons
  const reasons = reasonsOf(device, known, useNow())
  const [dialog, setDialog] = useState<Reason | null>(null)
  const [outcome, setOutcome] = useState<Outcome>(null)
  const lack = useLack(api, 'admin')
  const close = () => setDialog(null)
  const done = (sentence: string) => {
    setOutcome({ done: sentence })
    part.reloadKnown()
  }
  const ask = (reason: Reason) => {
    setOutcome(null)
    setDialog(reason)
  }

  return (
    <section class="card reasons" aria-labelledby="reasons">
      <h2 id="reasons">{words.title}</h2>
      {reasons.length === 0 && <Nothing {...part} />}
      {reasons.length > 0 && (
        <ul>
          {reasons.map(reason => (
            <ReasonItem key={keyOf(reason)} {...part} reason={reason} ask={ask} lack={lack} />
          ))}
        </ul>
      )}
      {reasons.some(isReleasable) && <LackHint lack={lack} />}
      {!may(api, 'admin') && !reasons.some(isReleasable) && (
        <p class="lack">{words.notSeen('admin')}</p>
      )}
      <Notice outcome={outcome} />
      {dialog?.kind === 'limit' && <EmptyLimitDialog {...part} {...dialog} {...{ close, done }} />}
      {dialog?.kind === 'suspended' && <LiftDialog {...part} {...dialog} {...{ close, done }} />}
    </section>
  )
}

/** Says that nothing is wrong only where all was looked at that the key may see. */
function Nothing({ api, known }: DevicePartProps) {
  const words = useLanguage().strings.reasons
  const isSeen = known.events !== null && (known.isComplete || !may(api, 'admin'))
  return isSeen ? <p class="fine">{words.none}</p> : <p class="hint">{words.notYet}</p>
}

function keyOf(reason: Reason): string {
  if (reason.kind === 'limit') return `limit ${reason.limit.limit} ${reason.limit.seconds}`
  return reason.kind === 'suspended' ? JSON.stringify(reason.subject) : reason.kind
}

/** Whether an admin can take a reason away here; what locks the device is unlocked beside it. */
function isReleasable(reason: Reason): boolean {
  if (reason.kind === 'limit') return ['number', 'number_all', 'user'].includes(reason.limit.limit)
  return reason.kind === 'suspended'
}

interface ReasonProps extends DevicePartProps {
  reason: Reason
  lack: ReturnType<typeof useLack>
  ask(reason: Reason): void
}

function ReasonItem({ reason, device, lack, ask }: ReasonProps) {
  const { strings, locale } = useLanguage()
  const words = strings.reasons
  const release = (label: string) => (
    <Action lack={lack} press={() => ask(reason)}>
      {label}
    </Action>
  )
  switch (reason.kind) {
    case 'disabled':
      return <Item reason={reason} title={words.disabled} hint={words.disabledHint} />
    case 'country_off': {
      const name = device.country ? countryName(device.country, locale) : words.noCountry
      return <Item reason={reason} title={words.countryOff(name)} hint={words.countryOffHint} />
    }
    case 'sms_off': {
      const names = reason.channels.map(channel => strings.device.channels[channel]).join(', ')
      return <Item reason={reason} title={words.smsOff} hint={words.smsOffHint(names)} />
    }
    case 'test_over':
      return <Item reason={reason} title={words.testOver} hint={words.testOverHint} />
    case 'suspended': {
      const name =
        'prefix' in reason.subject
          ? `${reason.subject.prefix}••••`
          : countryName(reason.subject.country, locale)
      return (
        <Item
          reason={reason}
          title={words.suspended(name)}
          hint={<Sentence phrase={words.suspendedHint} at={reason.until} />}
          action={release(words.lift)}
        />
      )
    }
    case 'limit': {
      const { limit, most, sent, seconds, resetsAt } = reason.limit
      const count = strings.traffic.of(formatCount(sent ?? 0, locale), formatCount(most, locale))
      const window = formatWindow(seconds, locale)
      return (
        <Item
          reason={reason}
          title={words.limit(words.limits[limit])}
          hint={<Sentence phrase={until => words.limitHint(count, window, until)} at={resetsAt} />}
          action={
            isReleasable(reason) ? (
              release(words.empty)
            ) : (
              <a href={limitsHref((limit === 'country' && device.country) || '')}>
                {words.seeLimits}
              </a>
            )
          }
        />
      )
    }
    case 'cooldown':
      return (
        <Item
          reason={reason}
          title={words.cooldown}
          hint={
            <>
              <Sentence phrase={strings.device.cooldownHint} at={reason.until} /> (
              <Countdown until={reason.until} />)
            </>
          }
        />
      )
    case 'refused': {
      const why = words.refusals[reason.code as 'limit_reached'] ?? reason.code
      const name = reason.limit && (words.limits[reason.limit as 'number'] ?? reason.limit)
      return (
        <Item
          reason={reason}
          title={words.refused(name ? `${why}, ${name}` : why)}
          hint={<Sentence phrase={words.refusedHint} at={reason.at} />}
        />
      )
    }
    case 'failed':
      return (
        <Item
          reason={reason}
          title={words.failed[reason.code as 'delivery_failed'] ?? reason.code}
          hint={<Sentence phrase={words.at} at={reason.at} />}
          action={<TwilioSays code={reason.twilioCode} sid={null} />}
        />
      )
    case 'undelivered': {
      const { reason: why, at, next, twilioCode, messageSid } = reason.delivery
      return (
        <Item
          reason={reason}
          title={words.undelivered[why ?? 'unknown']}
          hint={
            <>
              <Sentence phrase={words.at} at={at} /> {next && strings.device.next[next]}
            </>
          }
          action={<TwilioSays code={twilioCode} sid={messageSid} />}
        />
      )
    }
  }
}

interface ItemProps {
  reason: Reason
  title: string
  hint: ComponentChildren
  action?: ComponentChildren
}

function Item({ reason, title, hint, action }: ItemProps) {
  return (
    <li class={isHolding(reason) ? `holding ${reason.kind}` : reason.kind}>
      <div>
        <strong>{title}</strong>
        <span class="hint">{hint}</span>
      </div>
      {action}
    </li>
  )
}

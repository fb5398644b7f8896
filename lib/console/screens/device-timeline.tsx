// What happened to a device, newest first: what, when, who, and what Twilio said of it.
import { Fragment } from 'preact'
import { type Api, may, type TimelineEvent } from '../api.ts'
import { useLanguage } from '../language.ts'
import { Problem } from '../parts/notice.tsx'
import { Moment, Sentence } from '../parts/time.tsx'
import { TwilioSays } from '../parts/twilio.tsx'
import { Skeleton } from '../parts/waiting.tsx'
import type { Timeline } from '../timeline.ts'

/** Shows the timeline. */
export function TimelineCard({ api, timeline }: { api: Api; timeline: Timeline }) {
  const { strings } = useLanguage()
  const words = strings.timeline
  const { events, cursor, loading, failure, more, refresh } = timeline
  return (
    <section class="card timeline" aria-labelledby="timeline">
      <div class="card-head">
        <h2 id="timeline">{words.title}</h2>
        <button type="button" class="quiet" onClick={refresh}>
          {strings.refresh}
        </button>
      </div>
      {!may(api, 'devices:read') && <p class="lack">{strings.lacks('devices:read')}</p>}
      {failure && (
        <div role="alert">
          <Problem failure={failure} />
        </div>
      )}
      {events === null && loading && <Skeleton rows={3} />}
      {events?.length === 0 && <p class="hint">{words.empty}</p>}
      {events && events.length > 0 && (
        <ol class="events">
          {events.map(event => (
            <EventRow key={event.id} event={event} />
          ))}
        </ol>
      )}
      {cursor && (
        <button type="button" aria-disabled={loading !== null} onClick={() => !loading && more()}>
          {loading === 'more' ? strings.list.loadingMore : words.more}
        </button>
      )}
    </section>
  )
}

/** How an event is marked: by shape as well as by colour. */
function kindOf({ type, status }: TimelineEvent): 'good' | 'bad' | 'warn' | 'plain' {
  switch (type) {
    case 'verified':
    case 'confirmed':
      return 'good'
    case 'delivery':
      return status === 'delivered' ? 'good' : 'bad'
    case 'challenge_failed':
    case 'disabled':
    case 'locked':
    case 'used_up':
      return 'bad'
    case 'challenge_refused':
    case 'failed':
      return 'warn'
    default:
      return 'plain'
  }
}

function EventRow({ event }: { event: TimelineEvent }) {
  const { strings } = useLanguage()
  const { type, status, at, actor, challengeId } = event
  const title =
    type === 'delivery' && status ? strings.device.statuses[status] : strings.timeline.types[type]
  return (
    <li class={`event is-${kindOf(event)}`} title={challengeId}>
      <Moment at={at} />
      <div>
        <strong>{title}</strong>
        <Details event={event} />
      </div>
      <span class="actor">{actor ?? ''}</span>
    </li>
  )
}

function Details({ event }: { event: TimelineEvent }) {
  const { strings } = useLanguage()
  const words = strings.timeline
  const { code, limit, reason, twilioCode, messageSid, failureCount, lockedUntil } = event
  const { resent, channel } = event
  const isLost = event.type === 'delivery' && event.status !== 'delivered'
  const limits: Record<string, string> = strings.reasons.limits
  const parts = [
    channel && strings.device.channels[channel],
    resent && words.resent,
    code && ((words.codes as Record<string, string>)[code] ?? code),
    limit && (limits[limit] ?? (words.suspended as Record<string, string>)[limit] ?? limit),
    isLost && strings.reasons.undelivered[reason ?? 'unknown'],
    failureCount !== undefined && strings.device.failures(failureCount),
    lockedUntil && <Sentence phrase={strings.device.lockedHint} at={lockedUntil} />,
    (twilioCode !== undefined || messageSid !== undefined) && (
      <TwilioSays code={twilioCode ?? null} sid={messageSid ?? null} />
    ),
  ].filter(Boolean)
  if (parts.length === 0) return null
  return (
    <span class="hint">
      {parts.map((part, n) => (
        <Fragment key={n}>
          {n > 0 && ' · '}
          {part}
        </Fragment>
      ))}
    </span>
  )
}

// Emptying a limit of one number or user, and lifting a suspension: what the operator should know
// before. The API's log names the key that did it.
import type { Limits } from '../api.ts'
import { useLanguage } from '../language.ts'
import { Dialog } from '../parts/dialog.tsx'
import { lastDigits } from '../parts/number.tsx'
import type { SuspendedSubject } from '../reasons.ts'
import type { DevicePartProps } from './device-props.ts'

interface ReleaseProps extends Pick<DevicePartProps, 'api' | 'device'> {
  done(sentence: string): void
  close(): void
}

/** Asks before a limit is emptied. */
export function EmptyLimitDialog(props: ReleaseProps & { limit: Limits['limits'][number] }) {
  const { api, device, limit, done, close } = props
  const words = useLanguage().strings.reasons
  const { number, userId, id: deviceId, established } = device
  const query =
    limit.limit === 'user'
      ? { userId }
      : limit.limit === 'number' && established
        ? { userId, deviceId }
        : { number }
  return (
    <Dialog
      title={words.emptyTitle}
      submit={words.emptySubmit}
      submitting={words.working}
      send={() => api.call(otp => otp.limits.empty(query))}
      done={() => done(words.emptied)}
      close={close}
    >
      <p>
        {limit.limit === 'user'
          ? words.emptyUser(userId)
          : words.emptyNumber(lastDigits(device.number))}
      </p>
    </Dialog>
  )
}

/** Asks before a suspension is lifted. */
export function LiftDialog(props: ReleaseProps & { subject: SuspendedSubject }) {
  const { api, subject, done, close } = props
  const words = useLanguage().strings.reasons
  return (
    <Dialog
      title={words.liftTitle}
      submit={words.lift}
      submitting={words.working}
      send={() => api.call(otp => otp.suspensions.lift(subject))}
      done={() => done(words.liftedNow)}
      close={close}
    >
      <p>{words.liftText}</p>
    </Dialog>
  )
}

// Before a token is sent to a locked device: it is paid for, and not taken until the lock ends.
import { useState } from 'preact/hooks'
import { type Device, may, type Result } from '../api.ts'
import { useLanguage } from '../language.ts'
import { Dialog } from '../parts/dialog.tsx'
import { Checkbox } from '../parts/field.tsx'
import { Countdown, Sentence } from '../parts/time.tsx'
import type { DevicePartProps } from './device-props.ts'

interface LockedProps extends Pick<DevicePartProps, 'api' | 'device' | 'show'> {
  send(): void
  close(): void
}

/** Asks whether to send all the same, and offers to unlock first. */
export function LockedDialog({ api, device, show, send, close }: LockedProps) {
  const { strings } = useLanguage()
  const words = strings.device
  const isAdmin = may(api, 'admin')
  const [unlocks, setUnlocks] = useState(isAdmin)
  const { lockedUntil } = device.throttle

  const unlock = async (): Promise<Result<Device | null>> =>
    unlocks
      ? api.call(otp => otp.devices.reset(device.userId, device.id))
      : { ok: true, value: null }

  return (
    <Dialog
      title={words.lockedTitle}
      submit={unlocks ? words.unlockAndSend : words.sendAnyway}
      submitting={words.sending2}
      send={unlock}
      done={unlocked => {
        if (unlocked) show(unlocked)
        send()
      }}
      close={close}
    >
      {lockedUntil && (
        <p>
          <Sentence phrase={words.lockedText} at={lockedUntil} /> (
          <Countdown until={lockedUntil} />
          ).
        </p>
      )}
      {isAdmin && (
        <Checkbox
          label={words.unlockFirst}
          hint={words.unlockFirstHint}
          checked={unlocks}
          onInput={setUnlocks}
        />
      )}
    </Dialog>
  )
}

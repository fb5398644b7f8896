// Deleting one device, or all of a user. The dialog shows what identifies them, so that the
// operator can check.
import type { Api } from '../api.ts'
import type { DeviceList } from '../device-list.ts'
import { useLanguage } from '../language.ts'
import { useAnnounce } from '../parts/announcer.tsx'
import { Dialog } from '../parts/dialog.tsx'
import { lastDigits } from '../parts/number.tsx'
import { listHref } from '../route.ts'
import type { DevicePartProps } from './device-props.ts'

type DeleteProps = Pick<DevicePartProps, 'api' | 'list' | 'device'> & { close(): void }

/** Asks before one device is deleted. */
export function DeleteDialog({ api, list, device, close }: DeleteProps) {
  const words = useLanguage().strings.remove
  const announce = useAnnounce()
  const digits = lastDigits(device.number)
  return (
    <Dialog
      title={words.oneTitle}
      submit={words.oneSubmit}
      submitting={words.deleting}
      dangerous
      send={() => api.call(otp => otp.devices.delete(device.userId, device.id))}
      done={() => {
        list.remove(({ id, userId }) => id === device.id && userId === device.userId)
        location.hash = listHref
        announce(words.oneDone(digits))
      }}
      close={close}
    >
      <p>{words.one(digits, device.userId)}</p>
    </Dialog>
  )
}

interface DeleteAllProps {
  api: Api
  list: DeviceList
  user: string
  close(): void
}

/** Asks before all devices of a user are deleted. */
export function DeleteAllDialog({ api, list, user, close }: DeleteAllProps) {
  const words = useLanguage().strings.remove
  const announce = useAnnounce()
  const count = list.devices.length
  return (
    <Dialog
      title={words.allTitle}
      submit={words.allSubmit}
      submitting={words.deleting}
      dangerous
      send={() => api.call(otp => otp.devices.deleteAll(user))}
      done={() => {
        list.search('')
        announce(words.allDone(user))
      }}
      close={close}
    >
      <p>{words.all(count, user)}</p>
    </Dialog>
  )
}

// Registering a phone for a user.
import { useRef, useState } from 'preact/hooks'
import type { Api } from '../api.ts'
import type { DeviceList } from '../device-list.ts'
import { useLanguage } from '../language.ts'
import { Dialog } from '../parts/dialog.tsx'
import { Checkbox, Field } from '../parts/field.tsx'
import { deviceHref } from '../route.ts'
import { readSearch } from '../search.ts'

interface AddProps {
  api: Api
  list: DeviceList
  /** The user whose devices are shown; may be empty. */
  user: string
  close(): void
}

/** Asks for a device to register. */
export function AddDialog({ api, list, user, close }: AddProps) {
  const words = useLanguage().strings.form
  const [userId, setUserId] = useState(user)
  const [number, setNumber] = useState('')
  const [name, setName] = useState('')
  const [confirmed, setConfirmed] = useState(false)
  const [wrong, setWrong] = useState<{ userId?: string; number?: string }>({})
  // A retry after a lost answer must not make a second device.
  const idempotencyKey = useRef(crypto.randomUUID())

  const send = async () => {
    const id = readSearch(userId.trim()).userId
    const faults = {
      ...(id === null && { userId: words.userInvalid }),
      ...(number.trim() === '' && { number: words.numberEmpty }),
    }
    setWrong(faults)
    if (id === null || faults.number) return null
    const device = { number: number.trim(), name, confirmed }
    return api.call(otp =>
      otp.devices.create(id, { ...device, idempotencyKey: idempotencyKey.current }),
    )
  }

  return (
    <Dialog
      title={words.addTitle}
      submit={words.add}
      submitting={words.saving}
      send={send}
      done={device => {
        list.refresh()
        location.hash = deviceHref(device)
      }}
      close={close}
    >
      <Field
        label={words.user}
        hint={words.userHint}
        wrong={wrong.userId ?? null}
        value={userId}
        onInput={setUserId}
      />
      <Field
        label={words.number}
        hint={words.numberHint}
        wrong={wrong.number ?? null}
        value={number}
        onInput={setNumber}
        type="tel"
      />
      <Field label={words.name} hint={words.nameHint} value={name} onInput={setName} />
      <Checkbox
        label={words.confirmed}
        hint={words.confirmedHint}
        checked={confirmed}
        onInput={setConfirmed}
      />
    </Dialog>
  )
}

// Renaming a device, or giving it another number.
import { useState } from 'preact/hooks'
import { maskNumber } from '../../device/mask.ts'
import { useLanguage } from '../language.ts'
import { Dialog } from '../parts/dialog.tsx'
import { Field } from '../parts/field.tsx'
import type { DevicePartProps } from './device-props.ts'

interface EditProps extends DevicePartProps {
  saved(): void
  close(): void
}

/** Asks for a new name or number. */
export function EditDialog({ api, device, show, saved, close }: EditProps) {
  const words = useLanguage().strings.form
  const [name, setName] = useState(device.name)
  const [number, setNumber] = useState('')

  const send = () => {
    const body = {
      ...(name !== device.name && { name }),
      ...(number.trim() !== '' && { number: number.trim() }),
    }
    return api.call(otp => otp.devices.update(device.userId, device.id, body))
  }

  return (
    <Dialog
      title={words.editTitle}
      submit={words.save}
      submitting={words.saving}
      send={send}
      done={device => {
        show(device)
        saved()
      }}
      close={close}
    >
      <Field label={words.name} hint={words.nameHint} value={name} onInput={setName} />
      <Field
        label={words.newNumber}
        hint={words.newNumberHint(maskNumber(device.number))}
        value={number}
        onInput={setNumber}
        type="tel"
      />
      <div class="notice-place" aria-live="polite">
        {number.trim() !== '' && <p class="notice warning">{words.numberWarning}</p>}
      </div>
    </Dialog>
  )
}

// The facts of a device, and the actions that change them.
import { useState } from 'preact/hooks'
import { useLanguage } from '../language.ts'
import { Notice, type Outcome } from '../parts/notice.tsx'
import { Moment } from '../parts/time.tsx'
import { DeleteDialog } from './delete-dialogs.tsx'
import type { DevicePartProps } from './device-props.ts'
import { EditDialog } from './edit-dialog.tsx'

/** Shows the facts of a device. */
export function Facts(part: DevicePartProps) {
  const { api, device, show } = part
  const words = useLanguage().strings.device
  const [dialog, setDialog] = useState<'edit' | 'delete' | null>(null)
  const [busy, setBusy] = useState(false)
  const [outcome, setOutcome] = useState<Outcome>(null)
  const close = () => setDialog(null)

  const toggleConfirmed = async () => {
    if (busy) return
    setBusy(true)
    const result = await api.call(otp =>
      otp.devices.update(device.userId, device.id, { confirmed: !device.confirmed }),
    )
    setBusy(false)
    if (!result.ok) return setOutcome(result)
    show(result.value)
    setOutcome({ done: result.value.confirmed ? words.nowConfirmed : words.nowUnconfirmed })
  }

  return (
    <section class="card" aria-labelledby="facts">
      <h2 id="facts">{words.facts}</h2>
      <dl>
        <dt>{words.name}</dt>
        <dd>{device.name || '–'}</dd>
        <dt>{words.confirmed}</dt>
        <dd>{device.confirmed ? words.yes : words.no}</dd>
        <dt>{words.created}</dt>
        <dd>
          <Moment at={device.createdAt} />
        </dd>
        <dt>{words.used}</dt>
        <dd>{device.lastUsedAt ? <Moment at={device.lastUsedAt} /> : words.never}</dd>
        <dt>{words.id}</dt>
        <dd class="id">{device.id}</dd>
      </dl>
      <div class="buttons">
        <button type="button" onClick={() => setDialog('edit')}>
          {words.edit}
        </button>
        <button type="button" aria-disabled={busy} onClick={toggleConfirmed}>
          {device.confirmed ? words.unconfirm : words.confirm}
        </button>
        <button type="button" class="danger-quiet" onClick={() => setDialog('delete')}>
          {words.delete}
        </button>
      </div>
      <Notice outcome={outcome} />
      {dialog === 'edit' && (
        <EditDialog {...part} close={close} saved={() => setOutcome({ done: words.saved })} />
      )}
      {dialog === 'delete' && <DeleteDialog {...part} close={close} />}
    </section>
  )
}

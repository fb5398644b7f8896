// The facts of a device, and the actions that change them.
import { useState } from 'preact/hooks'
import { countryName } from '../amounts.ts'
import { useLanguage } from '../language.ts'
import { Action, LackHint, useLack } from '../parts/action.tsx'
import { Notice, type Outcome } from '../parts/notice.tsx'
import { Moment } from '../parts/time.tsx'
import { DeleteDialog } from './delete-dialogs.tsx'
import type { DevicePartProps } from './device-props.ts'
import { EditDialog } from './edit-dialog.tsx'

/** Shows the facts of a device. */
export function Facts(part: DevicePartProps) {
  const { api, device, show } = part
  const { strings, locale } = useLanguage()
  const words = strings.device
  const lack = useLack(api, 'devices:write')
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
        <dd>
          <bdi>{device.name || '–'}</bdi>
        </dd>
        <dt>{words.country}</dt>
        <dd>{device.country ? countryName(device.country, locale) : '–'}</dd>
        <dt>{words.confirmed}</dt>
        <dd>{device.confirmed ? words.yes : words.no}</dd>
        <dt>{words.established}</dt>
        <dd>{device.established ? words.yes : words.no}</dd>
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
        <Action lack={lack} press={() => setDialog('edit')}>
          {words.edit}
        </Action>
        <Action lack={lack} busy={busy} press={toggleConfirmed}>
          {device.confirmed ? words.unconfirm : words.confirm}
        </Action>
        <Action lack={lack} class="danger-quiet" press={() => setDialog('delete')}>
          {words.delete}
        </Action>
      </div>
      <LackHint lack={lack} />
      <Notice outcome={outcome} />
      {dialog === 'edit' && (
        <EditDialog {...part} close={close} saved={() => setOutcome({ done: words.saved })} />
      )}
      {dialog === 'delete' && <DeleteDialog {...part} close={close} />}
    </section>
  )
}

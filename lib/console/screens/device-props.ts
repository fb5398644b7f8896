// What the parts of a device's screen share.
import type { Api, Device } from '../api.ts'
import type { DeviceList } from '../device-list.ts'

/** The props of each part of a device's screen. */
export interface DevicePartProps {
  api: Api
  list: DeviceList
  device: Device
  /** Shows the device of an answer. */
  show(device: Device): void
  /** Loads the device again. */
  reload(): Promise<void>
}

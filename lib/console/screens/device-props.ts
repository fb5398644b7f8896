import type { Api, Device } from '../api.ts'
import type { DeviceList } from '../device-list.ts'

/** What the parts of a device's screen work with. */
export interface DevicePartProps {
  api: Api
  list: DeviceList
  device: Device
  path: string
  /** Shows what an answer said of the device. */
  show(device: Device): void
  /** Asks the API how the device stands. */
  reload(): Promise<void>
}

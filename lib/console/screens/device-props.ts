// What the parts of a device's screen share.
import type { Api, Device, Failure } from '../api.ts'
import type { DeviceList } from '../device-list.ts'
import type { Known } from '../reasons.ts'

/** The props of each part of a device's screen. */
export interface DevicePartProps {
  api: Api
  list: DeviceList
  device: Device
  /** What is known beside the device. */
  known: Known & { limitsFailure: Failure | null; isComplete: boolean }
  /** Shows the device of an answer. */
  show(device: Device): void
  /** Loads the device again. */
  reload(): Promise<void>
  /** Loads limits and suspensions again. */
  reloadKnown(): void
}

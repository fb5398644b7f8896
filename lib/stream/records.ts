// The records of the devices table's stream, as a function gets them.
import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import { unmarshall } from '@aws-sdk/util-dynamodb'
import type { DynamoDBRecord } from 'aws-lambda'
import { type DeviceItem, wholeItem } from '../device/device.ts'
import { type DeviceEvent, deviceEventsOf } from './device-event.ts'

/** A write to a device. */
export interface DeviceChange {
  /** The sequence number of the record; a failed batch is retried from it. */
  sequenceNumber: string
  /** When DynamoDB applied the write, milliseconds since the epoch, to the second. */
  at: number
  /** The device after the write; of a deletion, before it. */
  device: DeviceItem
  isDeleted: boolean
  /** The device before the write; null when that created it. */
  before: DeviceItem | null
  events: DeviceEvent[]
}

/**
 * Reads a record; null when it is not of a device. Throws at an item that no function of ours wrote
 * and that could not be counted: of an import, of a restore, or put by hand.
 */
export function readRecord({ dynamodb }: DynamoDBRecord): DeviceChange | null {
  const before = readImage(dynamodb?.OldImage)
  const after = readImage(dynamodb?.NewImage)
  const device = after ?? before
  if (device === undefined) return null
  const change = {
    sequenceNumber: dynamodb?.SequenceNumber ?? '',
    at: (dynamodb?.ApproximateCreationDateTime ?? 0) * 1000,
    device,
    isDeleted: after === undefined,
    before: before ?? null,
    events: deviceEventsOf(before, after),
  }
  if (!isReadable(change)) throw new TypeError('The item is not one of a device.')
  return change
}

function isReadable({ device, events }: DeviceChange): boolean {
  const { userId, deviceId, number, country } = device
  return (
    [userId, deviceId, number].every(one => typeof one === 'string' && one !== '') &&
    typeof country === 'string' &&
    events.every(event => !('at' in event) || !Number.isNaN(new Date(event.at).getTime()))
  )
}

function readImage(image: object | undefined): DeviceItem | undefined {
  if (image === undefined) return undefined
  return wholeItem(unmarshall(image as Record<string, AttributeValue>, { wrapNumbers: Number }))
}

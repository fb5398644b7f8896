// The audit events of what admins do that is no write to a device: they do not come from the
// stream, so the function that did it puts them itself. What cannot be put is in the log.
import { randomUUID } from 'node:crypto'
import { maskNumber } from '../device/mask.ts'
import { countOutcome, logger } from '../log.ts'
import { eventBus } from '../settings/event-bus.ts'
import { stageName } from '../settings/stage.ts'
import { rfc3339 } from '../time.ts'
import { connectBus } from './bus.ts'

/** EventBridge's detail type of each act. */
export const adminTypes = {
  limits_cleared: 'Limits Cleared',
  suspension_lifted: 'Suspension Lifted',
  always_allowed: 'Always Allowed',
  always_allow_ended: 'Always Allow Ended',
  devices_listed: 'Devices Listed',
} as const

/** What was done, by whom, and to whom. */
export interface AdminAct {
  type: keyof typeof adminTypes
  /** The API key, by its name. */
  actor: string
  /** A number in E.164, as it was read; it, what may be one, and an address are masked here. */
  subject: {
    number?: string | undefined
    prefix?: string | undefined
    country?: string | undefined
    userId?: string | undefined
    deviceId?: string | undefined
    clientIp?: string | undefined
    /** What devices were listed by: a text that may be a number, or a state. */
    search?: string | undefined
    state?: string | undefined
  }
  /** How many devices were shown. */
  count?: number
  now: number
}

/** Logs an act and puts its event. Never throws. */
export type ReportAct = (act: AdminAct) => Promise<void>

/** An outage of EventBridge must not keep an admin from acting, or from the answer. */
const longestMs = 1_500

/** Connects to the bus of the settings; where that is off, acts are logged alone. */
export function connectActs(): ReportAct {
  const put = connectBus()
  return async ({ type, actor, subject, count, now }) => {
    const masked = { ...subject, ...maskedOf(subject) }
    const detail = {
      ...{ id: randomUUID(), stage: stageName(), at: rfc3339(now), actor },
      ...{ subject: masked, count },
    }
    logger.info('admin act', { act: adminTypes[type], ...detail })
    const bus = eventBus()
    if (bus === null) return
    const event = { type: adminTypes[type], detail }
    const taken = await put([event], bus, AbortSignal.timeout(longestMs))
    if (taken === 0) countOutcome('audit', 'act_not_put')
  }
}

function maskedOf({ number, prefix, clientIp, search }: AdminAct['subject']) {
  return {
    ...(number !== undefined && { number: maskNumber(number) }),
    ...(prefix !== undefined && { prefix: prefix.slice(0, shownOfPrefix) }),
    ...(clientIp !== undefined && { clientIp: maskAddress(clientIp) }),
    ...(search !== undefined && { search: maskDigits(search) }),
  }
}

/** The plus sign and eight digits: who names a whole number as a prefix does not get it told. */
const shownOfPrefix = 9

/** Digits in a row, whatever but letters is between them, that may be a number. */
const digitsOfNumber = /\p{Nd}(?:[^\p{L}\p{Nd}]*\p{Nd}){6,}/gu

/** Of what may be a number in a text, its last two digits. */
function maskDigits(text: string): string {
  return text.replace(digitsOfNumber, digits =>
    digits.replace(/\p{Nd}(?=(?:\P{Nd}*\p{Nd}){2})/gu, '•'),
  )
}

/** Leaves the first half of an address, which is a provider's, not a person's. */
function maskAddress(address: string): string {
  const parts = address.split(/(?<=[.:])/)
  return `${parts.slice(0, Math.ceil(parts.length / 2)).join('')}•`
}

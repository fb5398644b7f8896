// What the function hands to its page: attributes of the root element.
import { type Channel, channels } from '../settings/channels.ts'

/** The settings of the page. */
export const pageSettings = readPageSettings(document.documentElement.dataset)

function readPageSettings({ idleMinutes = '15', channels: enabled = 'sms' }: DOMStringMap) {
  const listed = enabled.split(',')
  return {
    /** 0 never signs out. */
    idleMinutes: Number(idleMinutes),
    channels: channels.filter((channel: Channel) => listed.includes(channel)),
  }
}

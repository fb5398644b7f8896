// The settings and secrets of a challenge, read before anything is written: a misconfiguration must
// not cost a user a live token.
import {
  answerMessage,
  callbackBase,
  prepareDelivery,
  type RequestedDelivery,
} from '../delivery/deliver.ts'
import type { DeviceItem } from '../device/device.ts'
import { viaOf } from '../proof/via.ts'
import { breakerSettings } from '../settings/breaker.ts'
import { channelNotEnabled } from '../settings/channels.ts'
import {
  allowedCountries,
  checkRouteChannels,
  messageRoutes,
  type Routes,
} from '../settings/countries.ts'
import { deliverySettings } from '../settings/delivery.ts'
import { deviceSettings } from '../settings/device.ts'
import { limitSettings } from '../settings/limits.ts'
import { messageSettings } from '../settings/messages.ts'
import { proofSettings } from '../settings/proof.ts'
import { indexKey, type SecretSource, tokenKey } from '../settings/secrets.ts'
import { renderTemplate } from '../settings/template.ts'
import { testNumbers } from '../settings/test-numbers.ts'

/**
 * Reads them. Throws `not_configured`, or `channel_not_enabled` for a channel that is not enabled.
 */
export async function challengeSetup(requested: RequestedDelivery, secrets: SecretSource) {
  const settings = {
    ...deviceSettings(),
    allowedCountries: allowedCountries(),
  }
  const message = { ...deliverySettings(), ...messageSettings() }
  const limits = limitSettings()
  const breaker = breakerSettings()
  const routes = messageRoutes()
  checkRouteChannels(routes, settings.channels)
  if (!settings.channels.includes(requested.channel ?? routes.byDefault.channel)) {
    throw channelNotEnabled(settings.channels)
  }
  const deliver = await prepareDelivery(message, requested, { ...settings, routes }, secrets)
  const loaded = await secrets.load()
  const channel = knownChannel(requested, routes)
  return {
    settings,
    limits,
    breaker,
    deliver,
    tokenKey: tokenKey(loaded),
    indexKey: indexKey(loaded),
    testNumbers: testNumbers(loaded),
    channel,
    ...(proofSettings() !== null && { via: viaOf(channel) }),
    isReported: callbackBase(message, loaded) !== null,
    /** Renders the message of the API's answer. */
    messageFor: (device: DeviceItem, token: string) =>
      renderTemplate(
        answerMessage(message.challengeMessage, device.country, requested, routes),
        token,
      ),
  }
}

/** The channel as far as it is known before the device is: null where its country decides. */
function knownChannel({ channel }: RequestedDelivery, { byCountry, byDefault }: Routes) {
  if (channel !== null) return channel
  const isOne = [...byCountry.values()].every(route => route.channel === byDefault.channel)
  return isOne ? byDefault.channel : null
}

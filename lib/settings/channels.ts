// The channels to a phone, and OTP_TWILIO_CHANNELS: those that are enabled.
import { Problem } from '../problem.ts'
import { type Environment, inWords, misconfigured, text } from './read.ts'

/** All channels, in the order in which they are offered. */
export const channels = ['sms', 'call', 'whatsapp'] as const

/** A channel: a way to reach a phone. */
export type Channel = (typeof channels)[number]

/** Reads the enabled channels. Throws `not_configured`. */
export function enabledChannels(env: Environment = process.env): Channel[] {
  const listed = (text(env, 'OTP_TWILIO_CHANNELS') ?? 'sms').split(',').map(name => name.trim())
  if (!listed.every(name => (channels as readonly string[]).includes(name))) {
    throw misconfigured('OTP_TWILIO_CHANNELS', `a list out of ${inWords(channels, 'and')}`)
  }
  return channels.filter(channel => listed.includes(channel))
}

/** 422: OTP_TWILIO_CHANNELS lacks the channel that was asked for. */
export function channelNotEnabled(enabled: readonly Channel[]): Problem {
  return new Problem('channel_not_enabled', 'This channel is not on; nothing was sent.', {
    members: { channels: enabled },
  })
}

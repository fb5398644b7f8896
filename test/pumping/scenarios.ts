// What npm run simulate:pumping plays.
import {
  launchDay,
  noPassword,
  oneAddress,
  othersNames,
  type Play,
  pump,
  spreadThin,
  verifyingPump,
} from './world.ts'

/** A scenario: what it is called, who does what in it, and which of the shipped settings hold. */
export interface Scenario {
  name: string
  play: Play
  uses: (setting: string) => boolean
}

const asShipped = () => true

/** All scenarios, by the order in which they are printed. */
export const scenarios: Scenario[] = [
  { name: 'a pump, no protection', play: pump, uses: () => false },
  { name: 'a pump, limits', play: pump, uses: name => /^OTP_TWILIO_(LIMIT|ESTAB)/.test(name) },
  { name: 'a pump, as shipped', play: pump, uses: asShipped },
  { name: 'a pump that verifies each number once', play: verifyingPump, uses: asShipped },
  { name: 'sign-ups with the numbers of people who log in', play: othersNames, uses: asShipped },
  { name: 'sign-ups too thin for the breaker', play: spreadThin, uses: asShipped },
  { name: 'launch day at 80 % of the limits', play: launchDay, uses: asShipped },
  { name: 'tokens asked for users without a password', play: noPassword, uses: asShipped },
  { name: 'an attacker and 200 users behind one address', play: oneAddress, uses: asShipped },
]

// For whom and how long the test numbers work. One whose date has passed answers 422, which is no
// failure of the service: whoever reviews or tests it waits for nothing, though.
import { maskNumber } from '../../../lib/device/mask.ts'
import { faultOfTestNumbers, testNumbers } from '../../../lib/settings/test-numbers.ts'
import type { Finding } from './finding.ts'

/** Judges OTP_TWILIO_TEST_NUMBERS at a moment; throws at what no function understands. */
export function judgeTestNumbers(value: string, now: number): Omit<Finding, 'what'> {
  const listed = testNumbers({ OTP_TWILIO_TEST_NUMBERS: value })
  const told = listed.map(({ number, endsAt }) => {
    const lastDay = new Date(endsAt - 1).toISOString().slice(0, 'yyyy-mm-dd'.length)
    return `${maskNumber(number)} ${endsAt <= now ? 'ended after' : 'until'} ${lastDay}`
  })
  const count = listed.length === 1 ? '1 number' : `${listed.length || 'no'} numbers`
  const said = ['has', count, told.length > 0 ? `(${told.join(', ')})` : ''].join(' ').trim()
  const fault = faultOfTestNumbers(listed, now)
  return fault === null
    ? { state: 'ok', said }
    : { state: 'warning', said, mend: `${fault}, or leave it out` }
}

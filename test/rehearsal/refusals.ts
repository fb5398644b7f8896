// What npm run deploy refuses: each with the real script, its last line to the letter, and with
// what AWS was asked until then.
import { type Place, readLeftovers, stackOf } from './deployed.ts'
import { type Given, runScript, type Stand } from './stand.ts'

/** What refuses a deploy, and the sentence. */
interface Refusal {
  what: string
  stage: string
  given?: Given
  sentence: string
}

const sender = { OTP_TWILIO_FROM: '+15005550006' }

/** Faults that are found before AWS is asked; the stage has a file that is in order. */
const faults = ({ stage }: Place): Refusal[] => [
  {
    what: 'a bad value',
    stage,
    given: { OTP_TWILIO_TOKEN_LENGTH: '99' },
    sentence: 'OTP_TWILIO_TOKEN_LENGTH must be a whole number from 6 to 8.',
  },
  {
    what: 'an unknown setting',
    stage,
    given: { OTP_TWILIO_COOLDWON: '60' },
    sentence:
      'OTP_TWILIO_COOLDWON in the environment is no setting; did you mean OTP_TWILIO_COOLDOWN?',
  },
  {
    what: 'no sender',
    stage: 'staging',
    sentence:
      'OTP_TWILIO_MESSAGING_SERVICE_SID must be set, or OTP_TWILIO_FROM: messages need a sender.',
  },
  {
    what: 'no region',
    stage,
    given: { AWS_REGION: undefined },
    sentence: `No AWS region is known: pass --region, or set OTP_REGION in .env.${stage}, or AWS_REGION.`,
  },
  {
    what: 'a stage of 23 characters',
    stage: 'a-stage-that-is-too-big',
    given: sender,
    sentence:
      'The name serverless-otp-twilio-a-stage-that-is-too-big-delete-always-allow has 65 characters, and Lambda takes 64: shorten the stage a-stage-that-is-too-big, or OTP_SERVICE, by 1.',
  },
]

/** Checks that each fault is one sentence, and that AWS was asked nothing. */
export async function checkRefusals(stand: Stand, place: Place): Promise<void> {
  const { aws, report } = stand
  const before = aws.asked()
  for (const { what, stage, given, sentence } of faults(place)) {
    const { code, output } = await runScript(stand, ['deploy', '--stage', stage], given)
    report.check(what, [1, sentence], [code, output.trim()], sentence)
  }
  report.check('requests to AWS until then', 0, aws.asked() - before)
}

/** Checks that a stage without its secrets is refused, and that nothing is made. */
export async function checkWithoutSecrets(stand: Stand, place: Place): Promise<void> {
  const { aws, report } = stand
  const { service, stage } = place
  const first = `/${service}/${stage}/OTP_INDEX_KEY (eu-central-1)`
  const sentence = `Nothing is deployed: there is no ${first}. npm run secrets -- --stage ${stage} writes it.`
  const before = aws.asked()
  const { code, output } = await runScript(stand, ['deploy', '--stage', stage])
  report.check('no secrets', [1, sentence], [code, output.trim()], sentence)
  report.check('requests to AWS for that', 1, aws.asked() - before)
  const made = Object.values(await readLeftovers(aws, name => name.includes(service))).flat()
  report.check(`what there is of ${stackOf(place)} then`, [], made)
}

/** Checks that a deploy which would unset a setting is refused, and what it says first. */
export async function checkRefusedUnset(
  stand: Stand,
  { stage }: Place,
  { name, change }: { name: string; change: string },
): Promise<void> {
  const sentence = `Nothing is deployed: ${name} would be unset. Put what is to stay into .env.${stage}, or add --yes.`
  const { code, output } = await runScript(stand, ['deploy', '--stage', stage])
  const lines = output.trim().split('\n')
  stand.report.check('the deploy is refused', [1, sentence], [code, lines.at(-1)], sentence)
  stand.report.check('after it said what would change', [change], lines.slice(1, -1))
}

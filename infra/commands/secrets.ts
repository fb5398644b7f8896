// npm run secrets: writes what a stage's service keeps in SSM. Two keys are made; the Twilio
// credentials and what is optional come from the environment or are asked for unseen. Everything is
// checked before anything is written.

import { proofSettings } from '../../lib/settings/proof.ts'
import { signatureKey } from '../../lib/settings/signature-key.ts'
import { command, type Run, readFlags } from './command.ts'
import { type KeyName, keys } from './secrets/keys.ts'
import { openPrompt, type Prompt } from './secrets/prompt.ts'
import { type ProofKeyChange, proofValues } from './secrets/proof.ts'
import { carryOut, planSteps, type Step } from './secrets/steps.ts'
import { askTwilio } from './secrets/twilio.ts'
import {
  askForRest,
  checkForms,
  chooseOptional,
  chooseTwilio,
  readGiven,
  readKept,
  type Values,
} from './secrets/values.ts'
import { openStage, type Stage, stageFlags } from './stage.ts'
import { twilioHosts } from './twilio/account.ts'

const help = `Usage: npm run secrets -- --stage <stage> [options]

Writes the Twilio credentials and the keys of a stage into SSM, as SecureStrings. The credentials are
OTP_TWILIO_ACCOUNT, OTP_TWILIO_API_KEY and OTP_TWILIO_AUTH in the environment; what is missing there is
asked for on a terminal, and not shown. Without an API key the account's own auth token is used. Where no
credentials are given, those that are there are kept. A token key and an index key are made when there are none.
OTP_TWILIO_SIGNATURE_TOKEN and OTP_TWILIO_TEST_NUMBERS are optional: they are written where the environment
has them, else left as they are. Without an API key the first is the account's auth token.

  --stage <stage>    the stage to write for
  --new-token-key    replace the token key: ${keys.OTP_TOKEN_KEY.warning}
  --new-index-key    replace the index key: ${keys.OTP_INDEX_KEY.warning}
  --new-proof-key    publish another proof key, which signs in two hours
  --drop-proof-key   make another proof key that signs at once, and drop all others: an emergency
  --yes              ask nothing
  --unchecked        do not ask Twilio whether it takes the credentials
  --region <region>  region of the stage (default: AWS_REGION, or the profile's)
  --path <path>      where its secrets are (default: /serverless-otp-twilio/<stage>)
  --key-id <key>     a KMS key of your own: all of them are written anew, encrypted with it
  --help             this text`

type Options = ReturnType<typeof readOptions>

/** Writes the secrets of a stage. */
export const secrets = command(async run => {
  const { args, env, deadlines, print } = run
  const options = readOptions(args)
  if (options.help) {
    print(help)
    return 0
  }
  const stage = await openStage(options, run)
  const hosts = twilioHosts(stage.deployment.effective.OTP_TWILIO_URL, deadlines.twilioMs)
  const kept = await readKept(stage)
  const given = await readAnswers(run, options, kept)
  const twilio = chooseTwilio(kept, given)
  const credentials = checkForms(twilio)
  const sharedKey = signatureKey(stage.deployment.effective)
  const isOn = proofSettings(stage.deployment.effective) !== null
  const proof = proofValues(kept, { isOn, change: proofKeyChange(options), now: Date.now() })
  const wanted = { ...twilio, ...chooseOptional(kept, env, { twilio, sharedKey }), ...proof }
  const stepOptions = {
    newKeys: newKeysOf(options),
    keyId: options['key-id'],
  }
  const steps = planSteps(kept, wanted, stepOptions)
  if (!options.unchecked) await askTwilio(hosts, { credentials, wanted, steps, sharedKey })
  await carryOut(stage, steps, stepOptions)
  report(stage, steps, print)
  return 0
})

/** What the environment gives, and on a terminal what was typed. */
async function readAnswers(run: Run, options: Options, kept: Values): Promise<Values> {
  const { env, stdin, stderr } = run
  const given = readGiven(env)
  const replaced = newKeysOf(options).filter(name => isInUse(name, kept))
  if (options.yes) return given
  if (!stdin.isTTY) {
    const [first] = replaced
    if (first === undefined) return given
    throw new Error(`--${keys[first].flag} needs --yes here: ${keys[first].warning}.`)
  }
  const prompt = openPrompt(stdin, stderr)
  try {
    for (const name of replaced) await confirmNewKey(name, prompt)
    return await askForRest(given, kept, prompt)
  } finally {
    prompt.close()
  }
}

function proofKeyChange(options: Options): ProofKeyChange {
  const { 'new-proof-key': isNew, 'drop-proof-key': drops } = options
  if (isNew && drops) throw new Error('Say --new-proof-key or --drop-proof-key, not both.')
  return isNew ? 'new' : drops ? 'drop' : 'none'
}

/** The keys that are to be replaced. */
function newKeysOf(options: Options): KeyName[] {
  return (Object.keys(keys) as KeyName[]).filter(name => options[keys[name].flag] === true)
}

/** Whether a new key loses something: on a stage of 0.2.0 the token key is the index key too. */
function isInUse(name: KeyName, kept: Values): boolean {
  return Boolean(kept[name] || kept.OTP_TOKEN_KEY)
}

async function confirmNewKey(name: KeyName, prompt: Prompt): Promise<void> {
  const { called, warning } = keys[name]
  const answer = await prompt.ask(`A new ${called} is made: ${warning}. Type yes to go on: `)
  if (answer.toLowerCase() !== 'yes') throw new Error('Nothing is written.')
}

function report(stage: Stage, steps: Step[], print: Run['print']): void {
  print(`${stage.folder} (${stage.region}):\n`)
  for (const { name, done, note } of steps) {
    print(`  ${done.padEnd(10)}  ${name}${note ? `: ${note}` : ''}`)
  }
  print('  left alone  OTP_API_KEYS: npm run api-key makes and revokes them')
  print(
    `\nFunctions take them up within five minutes; npm run doctor -- --stage ${stage.name} checks them.`,
  )
}

function readOptions(args: string[]) {
  return readFlags(args, {
    ...stageFlags,
    'new-token-key': { type: 'boolean' },
    'new-index-key': { type: 'boolean' },
    'new-proof-key': { type: 'boolean' },
    'drop-proof-key': { type: 'boolean' },
    yes: { type: 'boolean' },
    unchecked: { type: 'boolean' },
    'key-id': { type: 'string' },
    help: { type: 'boolean' },
  })
}

if (import.meta.main) process.exitCode = await secrets(process.argv.slice(2), process.env, process)

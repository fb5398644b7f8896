// Which values a stage is to have: those that are kept in SSM, those given in the environment, and
// what is typed. Everything is judged here, before anything is written.
import { GetParametersCommand, type Parameter } from '@aws-sdk/client-ssm'
import type { Environment } from '../../../lib/settings/read.ts'
import {
  requiredSecrets,
  type SecretName,
  secretNames,
  twilioCredentials,
} from '../../../lib/settings/secrets.ts'
import type { SignatureKey } from '../../../lib/settings/signature-key.ts'
import { faultOfTestNumbers, testNumbers } from '../../../lib/settings/test-numbers.ts'
import { failureOf, nameOf, type Stage } from '../stage.ts'
import type { TwilioCredentials } from '../twilio/account.ts'
import type { Prompt } from './prompt.ts'

/** Those that a service works without; they are asked for nowhere. */
const optionalNames = ['OTP_TWILIO_SIGNATURE_TOKEN', 'OTP_TWILIO_TEST_NUMBERS'] as const

/** A secret that npm run secrets writes; the API keys are those of npm run api-key. */
export type Name = Exclude<SecretName, 'OTP_API_KEYS'>

/**
 * Those secrets, in the order in which they are written. The index key comes before the token key,
 * whose old value it may get: should the second write fail, that value is not lost.
 */
export const names: readonly Name[] = secretNames.filter(name => name !== 'OTP_API_KEYS')

/** The secrets by name; an empty OTP_TWILIO_API_KEY is none, on purpose. */
export type Values = Partial<Record<Name, string>>

/** What is there; throws at what could not be written over. */
export async function readKept(stage: Stage): Promise<Values> {
  const found = await readParameters(stage, names, { WithDecryption: true })
  const kept: Values = {}
  for (const name of names) {
    const { Type, Value } = found.get(name) ?? {}
    if (Type !== undefined && Type !== 'SecureString') {
      throw new Error(
        `${stage.placeOf(name)} is a ${Type}, not a SecureString: delete it, then run this again.`,
      )
    }
    if (Value !== undefined) kept[name] = Value.trim()
  }
  return kept
}

/** The required secrets that a stage does not have, its API keys included; nothing is decrypted. */
export async function missingSecrets(stage: Stage): Promise<SecretName[]> {
  const found = await readParameters(stage, requiredSecrets, { WithDecryption: false })
  return requiredSecrets.filter(name => !found.has(name))
}

/** Those of the parameters that are there, by the names of the secrets. */
async function readParameters(
  { ssm, folder, placeOf }: Stage,
  wanted: readonly SecretName[],
  how: { WithDecryption: boolean },
): Promise<Map<string, Parameter>> {
  const place = placeOf('*')
  const Names = wanted.map(name => `${folder}/${name}`)
  const { Parameters = [] } = await ssm
    .send(new GetParametersCommand({ Names, ...how }))
    .catch(error => {
      const otherwise = `${place} could not be read (${nameOf(error)}).`
      throw new Error(failureOf(error, { permission: 'ssm:GetParameters', place, otherwise }))
    })
  return new Map(Parameters.map(one => [one.Name?.slice(folder.length + 1) ?? '', one]))
}

/**
 * What the environment gives of the credentials; an empty OTP_TWILIO_API_KEY is given, any other
 * empty value is not.
 */
export function readGiven(env: Environment): Values {
  const account = env.OTP_TWILIO_ACCOUNT?.trim()
  const auth = env.OTP_TWILIO_AUTH?.trim()
  return {
    ...(account && { OTP_TWILIO_ACCOUNT: account }),
    ...(env.OTP_TWILIO_API_KEY !== undefined && {
      OTP_TWILIO_API_KEY: env.OTP_TWILIO_API_KEY.trim(),
    }),
    ...(auth && { OTP_TWILIO_AUTH: auth }),
  }
}

/** Asks for what was not given. */
export async function askForRest(given: Values, kept: Values, prompt: Prompt): Promise<Values> {
  const asked = { ...given }
  if (asked.OTP_TWILIO_ACCOUNT === undefined) {
    const hint = kept.OTP_TWILIO_ACCOUNT ? ' (Enter keeps the one that is there)' : ''
    const typed = await prompt.ask(`Twilio account SID, AC…${hint}: `)
    if (typed === '' && Object.keys(given).length === 0 && isComplete(kept)) return given
    if (typed !== '') asked.OTP_TWILIO_ACCOUNT = typed
  }
  asked.OTP_TWILIO_API_KEY ??= await prompt.ask(
    "SID of a Twilio API key, SK… (Enter for none, to use the account's auth token): ",
  )
  const auth = asked.OTP_TWILIO_API_KEY ? 'Secret of that API key' : 'Auth token of the account'
  asked.OTP_TWILIO_AUTH ??= await prompt.ask(`${auth} (it is not shown): `)
  return asked
}

/**
 * The Twilio credentials to be: all of them kept, or all given; never an auth token for another's
 * key.
 */
export function chooseTwilio(kept: Values, given: Values): Values {
  if (Object.keys(given).length === 0 && isComplete(kept)) return kept
  const wanted: Values = { ...given }
  wanted.OTP_TWILIO_ACCOUNT ??= kept.OTP_TWILIO_ACCOUNT ?? ''
  const missing = (['OTP_TWILIO_ACCOUNT', 'OTP_TWILIO_AUTH'] as const).filter(name => !wanted[name])
  if (missing.length > 0) {
    const [is, it] = missing.length > 1 ? ['are', 'them'] : ['is', 'it']
    throw new Error(
      `${missing.join(' and ')} ${is} missing: set ${it} in the environment, or run this on a terminal.`,
    )
  }
  if (kept.OTP_TWILIO_API_KEY && given.OTP_TWILIO_API_KEY === undefined) {
    throw new Error(
      'An API key is kept, and OTP_TWILIO_AUTH might not be its secret: set OTP_TWILIO_API_KEY too, empty for none.',
    )
  }
  return wanted
}

/**
 * The optional secrets to be: those of the environment, else those that are kept. Throws at one of
 * no use.
 */
export function chooseOptional(
  kept: Values,
  env: Environment,
  given: { twilio: Values; sharedKey: SignatureKey | null },
): Values {
  const before = { ...kept, OTP_TWILIO_SIGNATURE_TOKEN: knownSignatureToken(kept, given) }
  const chosen: Values = {}
  for (const name of optionalNames) {
    const wanted = env[name]?.trim()
    // The secret of a shared key has a form of its own, which Twilio does not tell.
    const isShared = given.sharedKey !== null && name === 'OTP_TWILIO_SIGNATURE_TOKEN'
    if (wanted && !isShared) optionalForms[name](wanted)
    const value = wanted || before[name]
    if (value) chosen[name] = value
  }
  return chosen
}

/**
 * Where the account's own token is used, Twilio signs with it. The function of the callbacks gets
 * it by this name alone, so that it may read no other credential.
 */
function knownSignatureToken(
  { OTP_TWILIO_SIGNATURE_TOKEN: token, OTP_TWILIO_AUTH: auth }: Values,
  { twilio, sharedKey }: { twilio: Values; sharedKey: SignatureKey | null },
): string | undefined {
  if (twilio.OTP_TWILIO_API_KEY) return token
  if (token && token !== auth) return token
  return sharedKey === null ? twilio.OTP_TWILIO_AUTH : undefined
}

const optionalForms: Record<(typeof optionalNames)[number], (value: string) => void> = {
  OTP_TWILIO_SIGNATURE_TOKEN: value => assertForm('OTP_TWILIO_SIGNATURE_TOKEN', value, authToken),
  OTP_TWILIO_TEST_NUMBERS: assertTestNumbers,
}

function assertTestNumbers(value: string): void {
  const fault = faultOfTestNumbers(testNumbers({ OTP_TWILIO_TEST_NUMBERS: value }), Date.now())
  if (fault !== null) throw new Error(`OTP_TWILIO_TEST_NUMBERS: ${fault}, or leave it out.`)
}

function isComplete({ OTP_TWILIO_ACCOUNT, OTP_TWILIO_AUTH }: Values): boolean {
  return Boolean(OTP_TWILIO_ACCOUNT && OTP_TWILIO_AUTH)
}

type Form = readonly [form: RegExp, words: string]
const authToken: Form = [/^[0-9A-Za-z]{32}$/, '32 letters and digits']
const forms: [Name, Form][] = [
  ['OTP_TWILIO_ACCOUNT', [/^AC[0-9a-fA-F]{32}$/, 'AC and 32 hexadecimal digits']],
  ['OTP_TWILIO_API_KEY', [/^(SK[0-9a-fA-F]{32})?$/, 'SK and 32 hexadecimal digits']],
  ['OTP_TWILIO_AUTH', authToken],
]

/**
 * Twilio's own forms (twilio.com/docs/glossary/what-is-a-sid): half of a SID, or one for the other,
 * is found.
 */
export function checkForms(wanted: Values): TwilioCredentials {
  for (const [name, form] of forms) assertForm(name, wanted[name] ?? '', form)
  return twilioCredentials(
    Object.fromEntries(Object.entries(wanted).filter(([, value]) => value !== '')),
  )
}

function assertForm(name: Name, value: string, [form, words]: Form): void {
  if (!form.test(value)) throw new Error(`${name} must be ${words}.`)
}

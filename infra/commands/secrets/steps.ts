// What is done with each secret, and the doing: one write each, in order, and a sentence for one
// that fails.
import { randomBytes } from 'node:crypto'
import { DeleteParameterCommand, PutParameterCommand } from '@aws-sdk/client-ssm'
import { type AwsError, failureOf, nameOf, type Stage } from '../stage.ts'
import { isKeyName, type KeyName, keys } from './keys.ts'
import { type Name, names, type Values } from './values.ts'

/** What is done with one secret. */
export interface Step {
  name: Name
  done: 'written' | 'made' | 'kept' | 'removed' | 'absent'
  /** Null where nothing is to be written. */
  value: string | null
  /** What was there may be replaced. */
  overwrites: boolean
  /** What there is to say besides. */
  note?: string
}

/** How the steps are made and carried out. */
export interface StepOptions {
  /** The keys that are replaced where they are there. */
  newKeys: readonly KeyName[]
  /** A KMS key to encrypt them with; all are written then. */
  keyId: string | undefined
}

/**
 * Plans one step for each secret, of proofs only where they are; throws at a kept key that no
 * function could use.
 */
export function planSteps(kept: Values, wanted: Values, options: StepOptions): Step[] {
  const planned = names.filter(name => !isOfProofs(name) || kept[name] || wanted[name])
  return planned.map(name => {
    if (name === 'OTP_INDEX_KEY') return stepOfIndexKey(kept, options)
    if (isKeyName(name)) return stepOfKey(name, kept, options)
    const step = stepOf(name, kept[name], wanted[name], options)
    const note = notesOfAbsent[name]
    return note !== undefined && !wanted[name] ? { ...step, note } : step
  })
}

function isOfProofs(name: Name): boolean {
  return name.startsWith('OTP_PROOF_')
}

/** What it comes to that a secret is not there. */
const notesOfAbsent: Partial<Record<Name, string>> = {
  OTP_TWILIO_API_KEY: "the account's own auth token is used",
  OTP_TWILIO_SIGNATURE_TOKEN:
    "deliveries are not followed; to have them be, set it in the environment to the account's auth token",
  OTP_TWILIO_TEST_NUMBERS: 'every number is sent to',
}

/** What 0.2.0 named by its token key is found by an index key of the same value. */
function stepOfIndexKey(kept: Values, options: StepOptions): Step {
  const step = stepOfKey('OTP_INDEX_KEY', kept, options)
  const { OTP_INDEX_KEY: indexKey, OTP_TOKEN_KEY: tokenKey } = kept
  if (options.newKeys.includes('OTP_INDEX_KEY')) {
    return tokenKey ? { ...step, note: keys.OTP_INDEX_KEY.warning } : step
  }
  const isReplaced = options.newKeys.includes('OTP_TOKEN_KEY')
  if (!indexKey && tokenKey && isUsable('OTP_TOKEN_KEY', kept)) {
    const note = `it is the ${isReplaced ? 'old ' : ''}token key, so that every number that 0.2.0 allowed is still found`
    return { ...step, done: 'written', value: tokenKey, note }
  }
  return isReplaced && indexKey && indexKey === tokenKey
    ? { ...step, note: 'it is the old token key: had that leaked, --new-index-key replaces it too' }
    : step
}

function isUsable(name: KeyName, kept: Values): boolean {
  try {
    return keys[name].read(kept).length > 0
  } catch {
    return false
  }
}

function stepOfKey(name: KeyName, kept: Values, options: StepOptions): Step {
  const { read, flag, warning } = keys[name]
  const made = { name, done: 'made', value: randomBytes(32).toString('base64') } as const
  // Two who install a stage at once must not replace each other's keys.
  if (!kept[name]) return { ...made, overwrites: kept[name] !== undefined }
  if (options.newKeys.includes(name)) return { ...made, overwrites: true, note: warning }
  try {
    read(kept)
  } catch (error) {
    throw new Error(`${(error as Error).message.replace(/\.$/, '')}: --${flag} makes one.`)
  }
  return stepOf(name, kept[name], kept[name], options)
}

function stepOf(name: Name, kept = '', wanted = '', { keyId }: StepOptions): Step {
  const step = { name, value: null, overwrites: true }
  if (wanted !== '' && (wanted !== kept || keyId !== undefined)) {
    return { ...step, done: 'written', value: wanted }
  }
  if (wanted !== '') return { ...step, done: 'kept' }
  return kept === '' ? { ...step, done: 'absent' } : { ...step, done: 'removed', value: '' }
}

/** Carries the steps out; throws one sentence that says what was written and what was not. */
export async function carryOut(stage: Stage, steps: Step[], options: StepOptions): Promise<void> {
  const changing = steps.filter(({ value }) => value !== null)
  for (const [index, step] of changing.entries()) {
    await carryOutStep(stage, step, options).catch(error => {
      const [before, after] = [changing.slice(0, index), changing.slice(index + 1)]
      throw new Error(writingFailed(stage, { step, before, after }, error))
    })
  }
}

async function carryOutStep(
  { ssm, folder }: Stage,
  { name, done, value, overwrites }: Step,
  { keyId }: StepOptions,
): Promise<void> {
  const Name = `${folder}/${name}`
  if (done === 'removed') {
    await ssm.send(new DeleteParameterCommand({ Name })).catch(error => {
      // Its first answer was lost, or somebody else did it.
      if (error.name !== 'ParameterNotFound') throw error
    })
    return
  }
  await ssm.send(
    new PutParameterCommand({
      Name,
      Value: value ?? '',
      Type: 'SecureString',
      Overwrite: overwrites,
      ...(keyId !== undefined && { KeyId: keyId }),
    }),
  )
}

function writingFailed(
  stage: Stage,
  { step, before, after }: { step: Step; before: Step[]; after: Step[] },
  error: AwsError,
): string {
  const place = stage.placeOf(step.name)
  const [verb, permission] =
    step.done === 'removed' ? ['removed', 'ssm:DeleteParameter'] : ['written', 'ssm:PutParameter']
  const status = error.$metadata?.httpStatusCode ?? 0
  const isRefused = status >= 400 && status < 500
  const otherwise =
    nameOf(error) === 'ParameterAlreadyExists'
      ? `${place} has appeared meanwhile and is left as it is.`
      : isRefused
        ? `${place} could not be ${verb} (${nameOf(error)}).`
        : `Whether ${place} was ${verb} is not known (${nameOf(error)}).`
  const sentence = failureOf(error, { permission, place, otherwise }).replace(/\.$/, '')
  const list = (steps: Step[]) => steps.map(({ name }) => name).join(', ') || 'nothing'
  return `${sentence}; before it was written: ${list(before)}; still to be written: ${list([step, ...after])}. Run this again.`
}

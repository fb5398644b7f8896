// .env.<stage>: the settings of a stage, under version control. It is read strictly, and nothing of
// it gets into the environment of a process: only names of settings count, and each once.
//
//   # A line of its own is a comment.
//   OTP_TWILIO_FROM=+15005550006
//   OTP_TWILIO_TOKEN_TEMPLATE='Your code is {token} # at Example'
//
// A value reaches to the end of its line, without the blanks around it; quotes around the whole of
// it keep blanks and #, and nothing in it is replaced.
import { closest } from 'fastest-levenshtein'
import { type SecretName, secretNames } from '../../lib/settings/secrets.ts'
import { settings } from './settings.ts'

/** Reads the text of a file of that name. Throws one sentence that names the line. */
export function readEnvFile(text: string, file: string): Record<string, string> {
  const found: Record<string, string> = {}
  for (const [index, line] of text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .entries()) {
    if (/^\s*(#|$)/.test(line)) continue
    const refuse = (sentence: string) => new Error(`${file}, line ${index + 1}: ${sentence}`)
    const [, name, value = ''] = /^\s*([A-Za-z_]\w*)\s*=\s*(.*?)\s*$/.exec(line) ?? []
    if (name === undefined) throw refuse('this is not NAME=value; a comment begins with #.')
    const why = whyNotSetting(name)
    if (why) throw refuse(why)
    if (name in found) throw refuse(`${name} is set twice.`)
    found[name] = unquoted(value, sentence => refuse(`${name} ${sentence}`))
  }
  return found
}

function unquoted(value: string, refuse: (sentence: string) => Error): string {
  const [quote] = /^['"]/.exec(value) ?? []
  if (quote === undefined) {
    if (!/\s#/.test(value)) return value
    throw refuse('has a # after a blank: put the value in quotes, or the comment on its own line.')
  }
  if (value.length > 1 && value.indexOf(quote, 1) === value.length - 1) return value.slice(1, -1)
  throw refuse(`begins with ${quote}, which must come again at the end of the value only.`)
}

/** Says why a name is no setting, with the next step; null where it is one. */
function whyNotSetting(name: string): string | null {
  if (name in settings) return null
  if (secretNames.includes(name as SecretName)) {
    return `${name} is a secret: npm run secrets or api-key keeps it in SSM, and it stands in no file.`
  }
  return name.startsWith('OTP_')
    ? `${name} is no setting; ${didYouMean(name)}`
    : `${name} is no setting of this service, and only those stand here.`
}

/** Settings of the process and of the tests, and what a deploy derives. */
const ownNames = /^OTP_(STAGE|SSM_PATH|BUILD_FOLDER|TABLES|MUTATION|TEST_\w+)$/

/** Throws one sentence at an OTP_ name in the environment that nothing reads. */
export function checkNames(env: Readonly<Record<string, string | undefined>>): void {
  for (const name of Object.keys(env).filter(one => one.startsWith('OTP_'))) {
    const isKnown = name in settings || secretNames.includes(name as SecretName)
    if (isKnown || ownNames.test(name)) continue
    throw new Error(`${name} in the environment is no setting; ${didYouMean(name)}`)
  }
}

function didYouMean(name: string): string {
  return `did you mean ${closest(name, Object.keys(settings))}?`
}

// npm run api-key: draws an API key and keeps its hash, takes a key away, or lists them. The list
// is the stage's OTP_API_KEYS in SSM; of --stage local the environment's, and what is to be set
// there is printed.
import { GetParameterCommand, ParameterNotFound, PutParameterCommand } from '@aws-sdk/client-ssm'
import {
  addApiKey,
  drawApiKey,
  findOverlap,
  hashApiKey,
  isDate,
  type Principal,
  parseApiKeys,
  revokeApiKey,
  type Scope,
  scopes,
} from '../../lib/api/api-key.ts'
import { audienceForm, userPrefix } from '../../lib/formats.ts'
import { command, type Run, readFlags } from './command.ts'
import { type AwsError, failureOf, namedStage, nameOf, openStage, stageFlags } from './stage.ts'

/** The stage of npm start, which has no SSM. */
const localStage = 'local'

const help = `Usage: npm run api-key -- --stage <stage> --name <name> --scopes <scope,...>
       npm run api-key -- --stage <stage> --revoke <name>
       npm run api-key -- --stage <stage> --list

  --name <name>     make a key of this name and print it, this once
  --scopes <list>   what it may do: ${scopes.join(',')}
  --until <date>    its last day in UTC, such as 2027-01-31 (default: it has none)
  --prefix <prefix> for users alone whose id begins with it, such as acme: (not with admin)
  --audience <name> for whom it may ask for proofs; may be given again
  --test-audience <name> the same, also for proofs of test numbers
  --overlap         the prefix may begin, or be begun by, that of another key
  --revoke <name>   take the key of this name away
  --list            show the names and scopes of all keys
  --stage <stage>   keep the keys in SSM, where this stage's service finds them
  --region <region> region of the stage (default: AWS_REGION, or the profile's)
  --path <path>     where its secrets are (default: /serverless-otp-twilio/<stage>)
  --key-id <key>    a KMS key of your own to encrypt them with (default: that of SSM)
  --help            this text

With --stage ${localStage} the keys are those of OTP_API_KEYS in the environment; nothing is written, and the line
to put there is printed.`

/** Of an advanced SSM parameter, bytes; a longer one than 4,096 is made one, at 5 cents a month. */
const longestParameter = 8192

/** Where the kept keys are, and how they get back there. */
interface KeptKeys {
  place: string
  read(): Promise<Principal[]>
  /** Writes them, or leaves that to whoever runs this; gives what there is to say about it. */
  write(keys: Principal[], change: Change): Promise<string>
}

interface Change {
  /** Such as "The key works". */
  effect: string
  added?: Principal
}

type Options = ReturnType<typeof readOptions>

/** Makes, revokes or lists API keys. */
export const apiKey = command(async run => {
  const { print } = run
  const {
    help: asked,
    list,
    name,
    revoke,
    scopes: granted,
    until,
    prefix,
    overlap = false,
    audience,
    'test-audience': testAudience,
    ...where
  } = readOptions(run.args)
  if (asked) {
    print(help)
    return 0
  }
  const [action, ...more] = [name, revoke, list].filter(given => given !== undefined)
  if (action === undefined || more.length > 0) {
    throw new Error('Say one of --name <name> --scopes <scope,...>, --revoke <name> or --list.')
  }
  for (const [flag, given] of Object.entries({
    ...{ scopes: granted, until, prefix },
    ...{ audience, 'test-audience': testAudience },
  })) {
    if (given !== undefined && name === undefined) throw new Error(`--${flag} needs --name.`)
  }
  if (overlap && prefix === undefined) throw new Error('--overlap needs --prefix.')
  const wanted =
    name === undefined
      ? null
      : {
          name: readName(name),
          ...readScope(granted, prefix),
          ...readUntil(until),
          ...readAudiences('audiences', audience),
          ...readAudiences('testAudiences', testAudience),
        }
  const isLocal = namedStage(where) === localStage
  const kept = isLocal ? inEnvironment(where, run) : await inSsm(where, run)
  if (wanted) print(await makeKey(kept, wanted, overlap ? 'shared' : 'alone'))
  else print(revoke === undefined ? await listKeys(kept) : await revokeKey(kept, revoke))
  return 0
})

async function makeKey(
  kept: KeptKeys,
  wanted: Omit<Principal, 'hash'>,
  users: 'alone' | 'shared',
): Promise<string> {
  const drawn = drawApiKey()
  const { name, ...granted } = wanted
  const added = { name, hash: hashApiKey(drawn), ...granted }
  const before = await kept.read()
  const keys = addApiKey(before, added)
  if (typeof keys === 'string') {
    throw new Error(
      keys === name
        ? `${kept.place} has a key named ${name} already.`
        : `${kept.place} has a key named ${keys}, which begins like ${name}: the first ten characters name who acts.`,
    )
  }
  const other = users === 'alone' ? findOverlap(before, added) : undefined
  if (other) {
    throw new Error(
      `The key ${other.name} is for ${other.prefix}, users of which ${added.prefix} has too: --overlap allows it.`,
    )
  }
  const said = await kept.write(keys, { effect: 'The key works', added })
  return `The API key of ${name}, shown only this once:\n\n  ${drawn}\n\n${said}`
}

async function revokeKey(kept: KeptKeys, name: string): Promise<string> {
  const keys = revokeApiKey(await kept.read(), name)
  if (keys === null) throw new Error(`${kept.place} has no key named ${JSON.stringify(name)}.`)
  return kept.write(keys, { effect: `The key of ${name} is refused` })
}

async function listKeys(kept: KeptKeys): Promise<string> {
  const keys = await kept.read()
  if (keys.length === 0) return `${kept.place} has no keys: nobody gets in.`
  const width = Math.max(...keys.map(({ name }) => name.length))
  return keys
    .map(({ name, scopes, until, prefix }) => {
      const end = until === undefined ? '' : `  until ${until}`
      const users = prefix === undefined ? '' : `  of ${prefix}`
      return `${name.padEnd(width)}  ${scopes.join(',')}${users}${end}`
    })
    .join('\n')
}

function inEnvironment({ region, path, 'key-id': keyId }: Options, { env }: Run): KeptKeys {
  if ([region, path, keyId].some(given => given !== undefined)) {
    throw new Error(`--region, --path and --key-id are of no use with --stage ${localStage}.`)
  }
  const place = 'OTP_API_KEYS in the environment'
  return {
    place,
    read: async () => parseKept(env.OTP_API_KEYS || undefined, place),
    async write(keys, { effect, added }) {
      // The line is for a shell and for a .env file: neither knows a quote within quotes.
      const line = `OTP_API_KEYS='${JSON.stringify(keys).replaceAll("'", '\\u0027')}'`
      const entry = added ? `\n\nThe new entry alone:\n\n${JSON.stringify(added)}` : ''
      return `${effect} when the service's environment has this line:\n\n${line}${entry}`
    },
  }
}

async function inSsm({ 'key-id': keyId, ...where }: Options, run: Run): Promise<KeptKeys> {
  const stage = await openStage(where, run)
  const client = stage.ssm
  const parameter = `${stage.folder}/OTP_API_KEYS`
  const place = stage.placeOf('OTP_API_KEYS')
  return {
    place,
    async read() {
      const command = new GetParameterCommand({ Name: parameter, WithDecryption: true })
      const answer = await client.send(command).catch(error => {
        if (error instanceof ParameterNotFound) return null
        throw new Error(readingFailed(place, error))
      })
      return parseKept(answer?.Parameter?.Value, place)
    },
    async write(keys, { effect }) {
      const value = JSON.stringify(keys)
      if (Buffer.byteLength(value) > longestParameter) {
        throw new Error(`${place} would pass the 8 KB that SSM allows: revoke a key first.`)
      }
      await client
        .send(
          new PutParameterCommand({
            Name: parameter,
            Value: value,
            Type: 'SecureString',
            Overwrite: true,
            Tier: 'Intelligent-Tiering',
            ...(keyId !== undefined && { KeyId: keyId }),
          }),
        )
        .catch(error => {
          throw new Error(writingFailed(place, error))
        })
      return `${effect} within five minutes: ${place} is written.`
    },
  }
}

function parseKept(json: string | undefined, place: string): Principal[] {
  try {
    return parseApiKeys(json)
  } catch {
    throw new Error(`${place} is not a JSON array of {name, hash, scopes}: mend it first.`)
  }
}

function readingFailed(place: string, error: AwsError): string {
  const otherwise = `${place} could not be read (${nameOf(error)}).`
  return failureOf(error, { permission: 'ssm:GetParameter', place, otherwise })
}

function writingFailed(place: string, error: AwsError): string {
  const status = error.$metadata?.httpStatusCode ?? 0
  const otherwise =
    status >= 400 && status < 500
      ? `${place} could not be written (${nameOf(error)}).`
      : `Whether ${place} was written is not known (${nameOf(error)}): look with --list.`
  return failureOf(error, { permission: 'ssm:PutParameter', place, otherwise })
}

function readScope(granted: string | undefined, prefix: string | undefined) {
  const scopes = readScopes(granted)
  if (prefix === undefined) return { scopes }
  if (!userPrefix.test(prefix)) {
    throw new Error('--prefix takes the beginning of user ids, up to a colon, such as acme:.')
  }
  if (scopes.includes('admin')) throw new Error('--prefix does not go with the scope admin.')
  return { scopes, prefix }
}

function readAudiences(member: 'audiences' | 'testAudiences', given: string[] | undefined) {
  if (given === undefined) return {}
  const bad = given.find(one => !audienceForm.test(one))
  if (bad === undefined) return { [member]: [...new Set(given)] }
  throw new Error('--audience takes 1 to 128 printable characters without spaces.')
}

function readUntil(until: string | undefined): { until?: string } {
  if (until === undefined) return {}
  if (isDate(until) && Date.parse(until) + 86_400_000 > Date.now()) return { until }
  throw new Error(`--until takes a date of today or later, such as 2027-01-31, not "${until}".`)
}

function readName(name: string): string {
  if (/^[A-Za-z0-9][\w.-]{0,63}$/.test(name)) return name
  throw new Error('--name takes 1 to 64 letters, digits, dots, dashes and underscores.')
}

function readScopes(list = ''): Scope[] {
  const given = [...new Set(list.split(',').map(scope => scope.trim()))].filter(scope => scope)
  const valid = scopes.join(', ')
  if (given.length === 0) throw new Error(`--name needs --scopes, of ${valid}.`)
  return given.map(scope => {
    const known = scopes.find(name => name === scope)
    if (known === undefined) throw new Error(`"${scope}" is not a scope: there are ${valid}.`)
    return known
  })
}

function readOptions(args: string[]) {
  return readFlags(args, {
    name: { type: 'string' },
    scopes: { type: 'string' },
    until: { type: 'string' },
    prefix: { type: 'string' },
    overlap: { type: 'boolean' },
    audience: { type: 'string', multiple: true },
    'test-audience': { type: 'string', multiple: true },
    revoke: { type: 'string' },
    list: { type: 'boolean' },
    ...stageFlags,
    'key-id': { type: 'string' },
    help: { type: 'boolean' },
  })
}

if (import.meta.main) process.exitCode = await apiKey(process.argv.slice(2), process.env, process)

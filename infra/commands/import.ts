// npm run import: brings the devices of a Django site over. What is imported is a new device with
// the failures of the old one; a device that lives is never written over, so a second run changes
// nothing, and one that was broken off is taken up by running it again.
import { readFile } from 'node:fs/promises'
import type { DeviceItem } from '../../lib/device/device.ts'
import { maskNumber } from '../../lib/device/mask.ts'
import { verifyIsAllowed } from '../../lib/device/throttle.ts'
import { countryForm } from '../../lib/formats.ts'
import { allowedCountries } from '../../lib/settings/countries.ts'
import { defaultCountry } from '../../lib/settings/device.ts'
import { allowedTypes } from '../../lib/settings/number-types.ts'
import { type ThrottleSettings, throttleSettings } from '../../lib/settings/throttle.ts'
import { rfc3339 } from '../../lib/time.ts'
import { command, type Run, readArguments } from './command.ts'
import { deviceModels, type ImportRules, importedDevice } from './import/django.ts'
import { type Placed, readDump } from './import/dump.ts'
import { openProgress } from './import/progress.ts'
import { localStage, openTarget, type Target } from './import/target.ts'
import { type AwsError, nameOf, stageFlags } from './stage.ts'

const help = `Usage: npm run import -- --stage <stage> <dump.json> [options]

Imports devices out of a file of Django's dumpdata: those of django-otp-twilio (otp_twilio.twiliosmsdevice) and of
django-two-factor-auth (phonenumber.phonedevice). It writes nothing unless --write is given: it shows what would be
imported, and what cannot be.

  --stage <stage>        the stage that gets them; ${localStage} is the service of npm start
  --write                write them; a device that lives is left as it is
  --country <code>       of numbers without a country code, such as US (default: OTP_TWILIO_DEFAULT_COUNTRY)
  --user-prefix <prefix> put before the id of every user, such as shop|
  --all                  show every device, and not the first 20 alone
  --region <region>      region of the stage (default: OTP_REGION, AWS_REGION, or the profile's)
  --dynamodb <url>       with --stage ${localStage}: where it keeps its devices (default: http://127.0.0.1:8000)
  --help                 this text

Broken off, run it again: it goes on where it was. Exit code 1: a device cannot be imported.`

/** So many writes are under way at once. */
const writers = 40
/** Of one BatchGetItem. */
const mostKeys = 100
const readers = 8
const firstShown = 20

/** A device of the dump, and where it is there. */
interface Found extends Placed {
  device: DeviceItem
}

/** A device of the dump that cannot be imported. */
interface Refused extends Placed {
  reason: string
}

/** Imports the devices of a Django site. */
export const importDevices = command(async run => {
  const { print } = run
  const { values: options, positionals } = readOptions(run.args)
  if (options.help) {
    print(help)
    return 0
  }
  const [file, ...more] = positionals
  if (file === undefined || more.length > 0) throw new Error('Say one file of dumpdata.')
  const placed = readDump(await readText(file))
  const target = await openTarget(options, run)
  try {
    const throttle = throttleSettings(target.settings)
    const rules = readRules(options, target, throttle)
    const { found, refused, others } = sort(placed, rules)
    print(`${file} has ${found.length + refused.length} devices of Django.`)
    for (const [model, { length }] of others) print(`  ${length} of ${model} are left behind.`)
    if (options.write) await write(found, target, run)
    else await show(found, { target, run, throttle, now: rules.now, all: options.all ?? false })
    if (refused.length > 0) print(`${refused.length} cannot be imported:`)
    for (const { reason, ...where } of refused) print(`  ${placeOf(where)}: ${reason}`)
    return refused.length === 0 ? 0 : 1
  } finally {
    target.close()
  }
})

function readOptions(args: string[]) {
  return readArguments({
    args,
    allowPositionals: true,
    options: {
      stage: stageFlags.stage,
      region: stageFlags.region,
      write: { type: 'boolean' },
      country: { type: 'string' },
      'user-prefix': { type: 'string' },
      all: { type: 'boolean' },
      dynamodb: { type: 'string' },
      help: { type: 'boolean' },
    },
  })
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    throw new Error(`${file} cannot be read (${nameOf(error as AwsError)}).`)
  }
}

function readRules(
  { country, 'user-prefix': userPrefix = '' }: ReturnType<typeof readOptions>['values'],
  { settings }: Target,
  { factorMs }: ThrottleSettings,
): ImportRules {
  if (country !== undefined && !countryForm.test(country)) {
    throw new Error(`${JSON.stringify(country)} is no country code such as US.`)
  }
  return {
    country: country ?? defaultCountry(settings),
    allowedCountries: allowedCountries(settings),
    allowedTypes: allowedTypes(settings),
    ...{ userPrefix, factorMs, now: Date.now() },
  }
}

function sort(placed: Placed[], rules: ImportRules) {
  const found: Found[] = []
  const refused: Refused[] = []
  const first = new Map<string, Placed>()
  const isDevice = ({ record }: Placed) => deviceModels.includes(record.model)
  for (const one of placed.filter(isDevice)) {
    const imported = importedDevice(one.record, rules)
    if ('reason' in imported) {
      refused.push({ ...one, ...imported })
      continue
    }
    const { deviceId } = imported.device
    const earlier = first.get(deviceId)
    if (earlier) refused.push({ ...one, reason: `It is the device of ${placeOf(earlier)} again.` })
    else found.push({ ...one, ...imported })
    first.set(deviceId, earlier ?? one)
  }
  const left = placed.filter(one => !isDevice(one))
  return { found, refused, others: Map.groupBy(left, ({ record }) => record.model) }
}

function placeOf({ line, place, record: { model, pk } }: Placed): string {
  return `line ${line}, record ${place}, ${model}${pk === undefined ? '' : `/${pk}`}`
}

/** Shows what would be imported. */
async function show(
  found: Found[],
  {
    target,
    run: { print },
    throttle,
    now,
    all,
  }: { target: Target; run: Run; throttle: ThrottleSettings; now: number; all: boolean },
): Promise<void> {
  const batches = Array.from({ length: Math.ceil(found.length / mostKeys) }, (_, n) =>
    found.slice(n * mostKeys, (n + 1) * mostKeys).map(({ device }) => device),
  )
  let living = 0
  await inParallel(batches, readers, async batch => {
    const count = await target.count(batch)
    living += count
  })
  print(`${found.length - living} would be imported into ${target.place}; ${living} live there.`)
  const shown = all ? found : found.slice(0, firstShown)
  const rows = shown.map(({ device, ...where }) => [
    device.userId,
    device.deviceId,
    maskNumber(device.number),
    stateOf(device, throttle, now),
    placeOf(where),
  ])
  for (const line of inColumns(rows)) print(`  ${line}`)
  if (shown.length < found.length) print(`  and ${found.length - shown.length} more (--all)`)
  print('Nothing is written: --write does it.')
}

function stateOf(device: DeviceItem, throttle: ThrottleSettings, now: number): string {
  const { allowed, failureCount, lockedUntil } = verifyIsAllowed(device, throttle, now)
  const lock =
    lockedUntil === null
      ? `disabled by ${failureCount} failures`
      : `locked until ${rfc3339(lockedUntil)}`
  return `${device.confirmed ? 'confirmed' : 'unconfirmed'}${allowed ? '' : `, ${lock}`}`
}

function inColumns(rows: string[][]): string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map(row => row[column]?.length ?? 0)),
  )
  return rows.map(row =>
    row
      .map((cell, n) => cell.padEnd(widths[n] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}

/** Writes the devices; what fails ends it, and what is written stays. */
async function write(found: Found[], target: Target, { print, stderr }: Run): Promise<void> {
  const startedAt = Date.now()
  const step = openProgress(stderr, found.length)
  let written = 0
  try {
    await inParallel(found, writers, async ({ device }) => {
      if (await target.put(device)) written += 1
      step()
    })
  } catch (error) {
    print(`${written} were imported; run it again to go on.`)
    throw error
  }
  const seconds = Math.ceil((Date.now() - startedAt) / 1000)
  print(`${written} are imported into ${target.place} (${seconds} s).`)
  print(`${found.length - written} lived there already and are as they were.`)
}

/** The first failure ends it; what was under way then comes to its end. */
async function inParallel<T>(
  all: T[],
  many: number,
  work: (one: T) => Promise<void>,
): Promise<void> {
  const waiting = all.values()
  const failures: unknown[] = []
  const worker = async () => {
    for (const one of waiting) {
      await work(one).catch(error => failures.push(error))
      if (failures.length > 0) return
    }
  }
  await Promise.all(Array.from({ length: many }, worker))
  if (failures.length > 0) throw failures[0]
}

if (import.meta.main) {
  process.exitCode = await importDevices(process.argv.slice(2), process.env, process)
}

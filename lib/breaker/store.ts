// The traffic table: recent sends and verifications, and the prefixes and countries that are
// suspended or allowed.
import { BatchGetCommand } from '@aws-sdk/lib-dynamodb'
import type { Store } from '../dynamodb/client.ts'
import { queryAll } from '../dynamodb/query.ts'
import type { Update } from '../dynamodb/update.ts'
import { conditionalUpdate } from '../dynamodb/write.ts'
import { unavailable } from '../problem.ts'
import {
  allowExpression,
  disallowExpression,
  liftExpression,
  type SliceIds,
  sliceExpression,
  slicesExpression,
  suspendExpression,
  suspensionsSubject,
} from './expressions.ts'
import { type SendClass, type Slice, type Suspension, sliceMs } from './judge.ts'

/** An entry among the suspensions: suspended until a moment, or always allowed. */
export interface SuspensionEntry extends Suspension {
  /** `prefix:+4420718`, `country:GB`, or `number:` and an HMAC. */
  entry: string
  allowed?: true
  /** How admins see what is allowed. */
  label?: string
}

/**
 * The most sends of a class in a slice that are kept; more would add nothing to the judgement. An
 * id has ten characters.
 */
const mostOfSlice = 500

/** How long a slice is kept, seconds: longer than any window. */
const sliceKeptSeconds = 2 * 86_400

/** Half the limit of BatchGetItem, so that no answer is cut. */
const batchOfEntries = 50

/** Names a slice after its start, to the second. */
function sliceName(at: number): string {
  return new Date(at).toISOString().slice(0, 19)
}

/** Slices that have refused sends, by name; in them no class gets room again. */
const refusing = new Set<string>()
/** As many as two slices of every country, and then some. */
const mostRefusing = 1_000

/**
 * Puts ids into a slice of a subject. May be repeated. A refused write costs a unit for each
 * kilobyte of the slice, and each batch of a busy country would make one: a slice that has refused
 * is read first, which costs a quarter as much, of what there is three times as much.
 */
export async function addToSlice(
  store: Store,
  slice: { subject: string; at: number },
  ids: SliceIds,
  signal: AbortSignal,
): Promise<void> {
  const name = `${store.trafficTable} ${slice.subject} ${slice.at}`
  const taken = refusing.has(name) ? ofSample(ids, await readKept(store, slice, signal)) : ids
  if (isEmpty(taken)) return
  const refused = await addOnce(store, slice, taken, signal)
  if (refused === undefined) return
  if (refusing.size >= mostRefusing) refusing.clear()
  refusing.add(name)
  const sampled = ofSample(taken, refused)
  if (!isEmpty(sampled)) await addToSlice(store, slice, sampled, signal)
}

const isEmpty = (ids: SliceIds) => Object.values(ids).every(({ size }) => size === 0)

/** Reads a slice as it is now. */
async function readKept(
  store: Store,
  { subject, at }: { subject: string; at: number },
  signal: AbortSignal,
): Promise<Partial<SliceIds>> {
  const only = slicesExpression(subject, sliceName(at), sliceName(at))
  const query = { TableName: store.trafficTable, ...only, ConsistentRead: true }
  const [kept = {}] = await queryAll<Partial<SliceIds>>(store, query, signal)
  return kept
}

async function addOnce(
  store: Store,
  slice: { subject: string; at: number },
  ids: SliceIds,
  signal: AbortSignal,
): Promise<Partial<SliceIds> | undefined> {
  const expiresAt = Math.ceil(slice.at / 1000) + sliceKeptSeconds
  const decided = await conditionalUpdate<Partial<SliceIds>>(
    store.retrying,
    { table: store.trafficTable, key: { subject: slice.subject, entry: sliceName(slice.at) } },
    sliceExpression(ids, mostOfSlice, expiresAt),
    { signal, returned: 'UPDATED_NEW' },
  )
  return 'applied' in decided ? undefined : decided.refused
}

/**
 * Keeps the sends of a class that has room, and the outcomes of the sends that the slice took or
 * will take, and no others: the sample must not be biased.
 */
function ofSample(ids: SliceIds, slice: Partial<SliceIds>): SliceIds {
  const left = (sendClass: SendClass) =>
    (slice[sendClass]?.size ?? 0) < mostOfSlice ? ids[sendClass] : new Set<string>()
  const sends = left('sends')
  const established = left('established')
  const taken = [slice.sends, slice.established, sends, established]
  const inSample = (outcomes: Set<string>) =>
    new Set([...outcomes].filter(id => taken.some(known => known?.has(id))))
  return {
    sends,
    established,
    verified: inSample(ids.verified),
    unsent: inSample(ids.unsent),
  }
}

/** Reads the slices of a subject in a span. */
export async function readSlices(
  store: Store,
  subject: string,
  { from, before }: { from: number; before: number },
  abortSignal: AbortSignal,
): Promise<Slice[]> {
  if (before <= from) return []
  const query = {
    TableName: store.trafficTable,
    ...slicesExpression(subject, sliceName(from), sliceName(before - sliceMs)),
  }
  return (await queryAll<KeptSlice>(store, query, abortSignal)).map(readSlice)
}

type KeptSlice = Partial<SliceIds> & { entry: string }

function readSlice(item: KeptSlice): Slice {
  const { entry, sends = new Set(), established = new Set() } = item
  const { verified = new Set(), unsent = new Set() } = item
  return { at: Date.parse(`${entry}Z`), sends, established, verified, unsent }
}

/** Reads the entries of these names that exist. Throws `unavailable` when not all could be read. */
export async function readEntries(
  store: Store,
  names: string[],
  client: 'once' | 'retrying',
  abortSignal: AbortSignal,
): Promise<SuspensionEntry[]> {
  const batches = Array.from({ length: Math.ceil(names.length / batchOfEntries) }, (_, n) =>
    names.slice(n * batchOfEntries, (n + 1) * batchOfEntries),
  )
  const read = await Promise.all(batches.map(batch => readBatch(store, batch, client, abortSignal)))
  return read.flat()
}

async function readBatch(
  store: Store,
  names: string[],
  client: 'once' | 'retrying',
  abortSignal: AbortSignal,
): Promise<SuspensionEntry[]> {
  const Keys = names.map(entry => ({ subject: suspensionsSubject, entry }))
  const { Responses, UnprocessedKeys = {} } = await store[client].send(
    new BatchGetCommand({ RequestItems: { [store.trafficTable]: { Keys } } }),
    { abortSignal },
  )
  const entries = Responses?.[store.trafficTable]
  if (entries === undefined || Object.keys(UnprocessedKeys).length > 0) {
    throw unavailable(new Error('Not all suspensions were read.'))
  }
  return entries as SuspensionEntry[]
}

/** Suspends an entry; false when it has changed since it was read. */
export async function suspend(
  store: Store,
  entry: string,
  { next, seen, expiresAt }: { next: Suspension; seen: Suspension | null; expiresAt: number },
  signal: AbortSignal,
): Promise<boolean> {
  const expression = suspendExpression(next, seen?.since ?? null, expiresAt)
  const decided = await changeEntry(store, entry, expression, signal)
  return 'applied' in decided
}

function changeEntry(store: Store, entry: string, expression: Update, signal: AbortSignal) {
  return conditionalUpdate<SuspensionEntry>(
    store.retrying,
    { table: store.trafficTable, key: { subject: suspensionsSubject, entry } },
    expression,
    { signal },
  )
}

/** Reads all suspensions, past ones included, and all allowances. */
export function listEntries(store: Store, signal: AbortSignal): Promise<SuspensionEntry[]> {
  const query = {
    TableName: store.trafficTable,
    KeyConditionExpression: 'subject = :subject',
    ExpressionAttributeValues: { ':subject': suspensionsSubject },
    ConsistentRead: true,
  }
  return queryAll(store, query, signal)
}

/** Lifts a suspension if there is one, for an admin. May be repeated. */
export async function liftSuspension(
  store: Store,
  entry: string,
  now: number,
  signal: AbortSignal,
): Promise<void> {
  await changeEntry(store, entry, liftExpression(now), signal)
}

/** Allows an entry from now on; `label` is how admins see it. May be repeated. */
export async function allow(
  store: Store,
  { entry, label }: { entry: string; label: string },
  now: number,
  signal: AbortSignal,
): Promise<void> {
  await changeEntry(store, entry, allowExpression(label, now), signal)
}

/** Takes back an allowance if there is one. May be repeated. */
export async function disallow(
  store: Store,
  entry: string,
  now: number,
  signal: AbortSignal,
): Promise<void> {
  // What was sent under it must not be judged, so this moment is kept for as long as the slices.
  const expiresAt = Math.ceil(now / 1000) + sliceKeptSeconds
  await changeEntry(store, entry, disallowExpression(now, expiresAt), signal)
}

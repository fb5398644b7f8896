import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fork } from 'node:child_process'
import { buildBundlesQuick } from './_quick.ts'
import { startStations, firstMessage } from './test/bench/stations.ts'
import { functionSettings } from './infra/stack/settings.ts'
import { computeBill, billOf } from './test/bench/bill.ts'
const ending = new AbortController()
const stations = await startStations(ending.signal)
const shipped = Object.fromEntries(Object.entries(functionSettings).filter(([,v])=>v!==''))
const bundles = await buildBundlesQuick()
const child = fork('test/bench/worker.ts', { env: { ...stations.environment, ...shipped, DEVICES_TABLE:'logins', ...JSON.parse(process.env.EXTRA??'{}') }, stdio:['ignore','ignore','inherit','ipc'] })
child.send({ job:'measureLogins', rounds: Number(process.env.ROUNDS ?? 20), apiKey: stations.apiKey, bundles })
const r:any = await firstMessage(child)
for (const kind of ['lowRate','fullBatches'] as const) {
  console.log(kind, fmt(computeBill(r[kind])))
  for (const [n,c] of Object.entries(r[kind]) as any) console.log('  ', n.padEnd(16), fmt(billOf(n,c)), 'inv',c.invocations.toFixed(2),'cpu',c.processorMs.toFixed(1),'rt',c.roundTrips.toFixed(1),'bytes',c.bytes.toFixed(0),'lines',c.lines.toFixed(1), JSON.stringify(Object.fromEntries(Object.entries(c.writes).map(([k,v]:any)=>[k,+v.toFixed(2)]))),'reads',c.reads.toFixed(2),'ev',c.events.toFixed(2))
}
console.log(Object.fromEntries(Object.entries(r.batches).map(([k,b]:any)=>[k,{records:b.records,inv:b.invocations,cpuPerBatch:(b.processorMs/b.invocations).toFixed(1),rt:(b.roundTrips/b.invocations).toFixed(1)}])))
function fmt(b:any){return Object.entries(b).map(([k,v]:any)=>`${k} ${v.toFixed(2)}`).join(' ')}
await stations.close()

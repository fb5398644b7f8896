// npm run package: makes what a deploy would upload, without AWS: in .serverless the service, in
// infra/stack/data/.serverless its tables.
import { readDeployment } from '../stack/deployment.ts'
import { regionOf } from '../stack/region.ts'
import { command, readFlags } from './command.ts'
import { runServerless } from './deploy/serverless.ts'
import { namedStage } from './stage.ts'

const help = `Usage: npm run package -- --stage <stage> [--region <region>]

Packages a stage and its tables, as npm run deploy would upload them. AWS is not asked. Everything
is checked first, as for a deploy.`

/** Packages a stage. */
export const packageStage = command(async run => {
  const options = readFlags(run.args, {
    stage: { type: 'string' },
    region: { type: 'string' },
    help: { type: 'boolean' },
  })
  if (options.help) {
    run.print(help)
    return 0
  }
  const stage = namedStage(options)
  const region = await regionOf(options.region, readDeployment(stage, run.env), run.env)
  const args = ['package', '--stage', stage, '--region', region]
  await runServerless('data', args, run)
  await runServerless('service', args, run)
  return 0
})

if (import.meta.main) {
  process.exitCode = await packageStage(process.argv.slice(2), process.env, process)
}

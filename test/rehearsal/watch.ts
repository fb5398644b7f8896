// The claims about what reads the stream and what is watched: mappings, the bucket, the topic, the
// dashboard, the alarms.
import type { Answer, Aws } from './aws.ts'
import { region } from './aws.ts'
import type { Deployed } from './deployed.ts'
import type { Report } from './report.ts'

const readers = ['audit', 'traffic']

/** Everything of this kind that AWS holds, by its names. */
export async function readWatch(aws: Aws): Promise<Record<string, string[]>> {
  const { Topics } = await aws.query('sns', 'ListTopics')
  const { DashboardEntries } = await aws.query('monitoring', 'ListDashboards')
  return {
    mappings: (await readMappings(aws)).map(({ FunctionArn }) => lastOf(FunctionArn)),
    topics: Topics.map(({ TopicArn }: Answer) => lastOf(TopicArn)),
    dashboards: DashboardEntries.map(({ DashboardName }: Answer) => DashboardName),
  }
}

/** Checks it of a stage. */
export async function checkWatch(aws: Aws, report: Report, deployed: Deployed): Promise<void> {
  const { resources, stackName, table, outputs } = deployed
  const mappings = await readMappings(aws)
  for (const name of readers) {
    const mapping = mappings.find(one => lastOf(one.FunctionArn) === `${stackName}-${name}`)
    report.check(`${name}: reads the stream`, table?.LatestStreamArn, mapping?.EventSourceArn)
    report.check(
      `${name}: goes on from what failed`,
      [['ReportBatchItemFailures'], true],
      [mapping?.FunctionResponseTypes, mapping?.BisectBatchOnFunctionError],
    )
    report.check(
      `${name}: what fails is kept in`,
      `arn:aws:s3:::${outputs.KeptRecords}`,
      mapping?.DestinationConfig?.OnFailure.Destination,
    )
  }
  const encryption = String(await aws.s3(`/${outputs.KeptRecords}?encryption`))
  report.check('what is kept: encrypted', 'AES256', /<SSEAlgorithm>(\w+)</.exec(encryption)?.[1])
  const lifecycle = String(await aws.s3(`/${outputs.KeptRecords}?lifecycle`))
  const { KeptRecords } = resources
  report.asked(
    'what is kept: days',
    '14',
    String(KeptRecords?.Properties.LifecycleConfiguration.Rules[0].ExpirationInDays),
    /<Days>(\d+)</.exec(lifecycle)?.[1] ?? 'for ever',
  )
  const { topics = [], dashboards = [] } = await readWatch(aws)
  const own = (names: string[]) => names.filter(name => name.startsWith(stackName))
  report.check('topic of the alarms', [`${stackName}-alarms`], own(topics))
  report.check('dashboard', [`${stackName}-${region}`], own(dashboards))
  await checkDashboard(aws, report, deployed)
  const alarms = Object.values(resources).filter(({ Type }) => Type === 'AWS::CloudWatch::Alarm')
  const { MetricAlarms = [] } = await aws.query('monitoring', 'DescribeAlarms', {
    AlarmNamePrefix: `${stackName}-`,
  })
  const names = (found: Answer[]) => found.map(({ AlarmName }) => AlarmName).sort()
  const asked = names(alarms.map(({ Properties }) => Properties))
  report.check('alarms: how many', 20, asked.length)
  report.asked('alarms', asked, asked, names(MetricAlarms))
}

/** What CloudFormation was to fill in is filled in. */
async function checkDashboard(aws: Aws, report: Report, { stackName, api }: Deployed) {
  const { DashboardBody } =
    (await aws.query('monitoring', 'GetDashboard', {
      DashboardName: `${stackName}-${region}`,
    })) ?? {}
  const { widgets = [] } = JSON.parse(DashboardBody ?? '{}')
  report.check('dashboard: widgets', 12, widgets.length)
  report.check(
    'dashboard: region and API',
    [region, true],
    [widgets[0]?.properties.region, String(DashboardBody).includes(`"ApiId","${api?.apiId}"`)],
  )
}

async function readMappings(aws: Aws): Promise<Answer[]> {
  return (await aws.rest('lambda', '/2015-03-31/event-source-mappings/')).EventSourceMappings
}

function lastOf(arn: string): string {
  return arn.split(':').at(-1) ?? ''
}

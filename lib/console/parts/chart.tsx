// Columns over time, and the same data as a table. The whole is drawn hollow and its part filled,
// so that no colours have to be told apart.
import { type Column, scaleTop } from '../columns.ts'
import { useLanguage } from '../language.ts'

/** One value for each column; null where it has none. */
interface Series {
  name: string
  values: (number | null)[]
}

interface ChartProps {
  title: string
  columns: Column[]
  /** The whole first, then its part. */
  series: Series[]
  format(value: number): string
  /** The top of the scale; by default what the values need. */
  top?: number
}

/** Draws a chart with its table. */
export function Chart({ title, ...chart }: ChartProps) {
  const { strings } = useLanguage()
  return (
    <>
      <Drawing {...chart} />
      <details class="table">
        <summary>
          {strings.traffic.table}
          <span class="hidden">: {title}</span>
        </summary>
        <Table {...chart} />
      </details>
    </>
  )
}

type DrawingProps = Omit<ChartProps, 'title'>

function Drawing({ columns, series, format, top }: DrawingProps) {
  const { strings, moment } = useLanguage()
  const highest = top ?? scaleTop(series.flatMap(({ values }) => values.map(value => value ?? 0)))
  const said = (n: number) => series.map(one => `${one.name}: ${textOf(one.values[n], format)}`)
  const isLong = spansDays(columns)
  const [first, middle] = [columns[0], columns[Math.floor(columns.length / 2)]]
  return (
    <div class="chart" aria-hidden="true">
      <p class="scale">
        <span>{format(highest)}</span>
        <span>0</span>
      </p>
      <svg viewBox={`0 0 ${columns.length} 100`} preserveAspectRatio="none" aria-hidden="true">
        <path class="grid" d={`M0 0H${columns.length}M0 50H${columns.length}`} />
        {columns.map(({ from }, n) => (
          <g key={from}>
            <title>{[moment(from), ...said(n)].join('\n')}</title>
            <rect class="around" x={n} width="1" height="100" />
            {series.map(({ name, values }, place) => (
              <Bar
                key={name}
                n={n}
                height={((values[n] ?? 0) / highest) * 100}
                hollow={place < series.length - 1}
              />
            ))}
          </g>
        ))}
        <path class="grid ground" d={`M0 100H${columns.length}`} />
      </svg>
      <p class="times">
        <span>{first && <Hour at={first.from} long={isLong} />}</span>
        <span>{middle && <Hour at={middle.from} long={isLong} />}</span>
        <span>{strings.traffic.now}</span>
      </p>
    </div>
  )
}

function Bar({ n, height, hollow }: { n: number; height: number; hollow: boolean }) {
  if (height === 0) return null
  const kind = hollow ? 'bar hollow' : 'bar'
  return <rect class={kind} x={n + 0.15} width="0.7" y={100 - height} height={height} />
}

function Table({ columns, series, format }: DrawingProps) {
  const { time } = useLanguage().strings.traffic
  const isLong = spansDays(columns)
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">{time}</th>
          {series.map(({ name }) => (
            <th key={name} scope="col">
              {name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {columns.map(({ from }, n) => (
          <tr key={from}>
            <th scope="row">
              <Hour at={from} long={isLong} />
            </th>
            {series.map(({ name, values }) => (
              <td key={name}>{textOf(values[n], format)}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  )
}

/** Shows an hour, with its weekday where there are several days. */
function Hour({ at, long }: { at: string; long: boolean }) {
  const { locale, exactly } = useLanguage()
  const text = new Date(at).toLocaleString(locale, {
    ...(long && { weekday: 'short' }),
    hour: '2-digit',
    minute: '2-digit',
  })
  return (
    <time dateTime={at} title={exactly(at)}>
      {text}
    </time>
  )
}

function textOf(value: number | null | undefined, format: ChartProps['format']): string {
  return value == null ? '–' : format(value)
}

const dayMs = 86_400_000

function spansDays(columns: Column[]): boolean {
  const [first, last] = [columns.at(0), columns.at(-1)]
  return Date.parse(last?.from ?? '') - Date.parse(first?.from ?? '') >= dayMs
}

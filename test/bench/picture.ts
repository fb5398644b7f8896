// The picture of docs/speed.md, drawn from the results: bars for loading, lines for latency against
// devices. Colours that can be read on white and on black, and a background of neither.
import { type Bundle, rivals } from './bundles.ts'
import type { Results } from './results.ts'

const width = 760
const labelWidth = 310
const barHeight = 22
const ours = '#2f81f7'
const theirs = '#8b949e'

const shown: [name: Bundle['name'], label: string][] = [
  ['verify', 'verify'],
  ['challenge', 'challenge, Twilio included'],
  [rivals.bareBest, 'AWS document client alone, best build'],
  [rivals.bareDefault, 'AWS document client alone, default build'],
  [rivals.straightforward, 'middy, SSM, DynamoDB, twilio, default build'],
]

/** Draws the picture as SVG. */
export function draw({ loads, growth, node }: Results): string {
  const bars = shown.map(([name, label]) => ({ name, label, ms: loads[name]?.loadMs ?? 0 }))
  const loadTop = 40
  const linesTop = loadTop + bars.length * (barHeight + 8) + 60
  const height = growth ? linesTop + 190 : linesTop - 40
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" font-family="system-ui, sans-serif" font-size="13">
<title>Load time of the functions beside what one would use instead, and latency against devices</title>
<style>text { fill: #57606a } @media (prefers-color-scheme: dark) { text { fill: #adbac7 } }</style>
${text(0, 20, `Load in a fresh process, ms (${node}, median)`, 'font-weight="600"')}
${drawBars(bars, loadTop)}
${growth ? drawLines(growth, linesTop) : ''}
</svg>
`
}

function drawBars(bars: { name: string; label: string; ms: number }[], top: number): string {
  const longest = Math.max(...bars.map(({ ms }) => ms))
  const scale = (width - labelWidth - 60) / longest
  return bars
    .map(({ name, label, ms }, n) => {
      const y = top + n * (barHeight + 8)
      const colour = Object.values(rivals).includes(name as never) ? theirs : ours
      const length = Math.max(ms * scale, 2).toFixed(1)
      return [
        text(labelWidth - 8, y + 16, label, 'text-anchor="end"'),
        `<rect x="${labelWidth}" y="${y}" width="${length}" height="${barHeight}" rx="3" fill="${colour}"/>`,
        text(labelWidth + Number(length) + 6, y + 16, ms.toFixed(0)),
      ].join('\n')
    })
    .join('\n')
}

function drawLines(growth: NonNullable<Results['growth']>, top: number): string {
  const p50 = (name: string) => growth[name]?.p50 ?? 0
  const panels = [
    {
      title: 'Devices in the table',
      ends: ['1,000', '1,000,000'],
      lines: [
        line(
          'verify',
          p50('verify, 1,000 devices in the table'),
          p50('verify, 1,000,000 devices in the table'),
        ),
      ],
    },
    {
      title: 'Devices of the user',
      ends: ['1', '50'],
      lines: [
        line('verify', p50('verify, 1 device of the user'), p50('verify, 50 devices of the user')),
        line('list', p50('list, 1 device of the user'), p50('list, 50 devices of the user')),
      ],
    },
  ]
  const highest = Math.max(
    ...panels.flatMap(({ lines }) => lines.flatMap(({ from, to }) => [from, to])),
  )
  const bottom = top + 140
  const yOf = (ms: number) => bottom - (ms / highest) * 100
  const drawn = panels.map(({ title, ends, lines }, n) => {
    const left = 60 + n * (width / 2)
    const right = left + 200
    return [
      text(left, top + 20, title),
      `<path d="M${left} ${bottom}H${right}" stroke="${theirs}" stroke-width="1"/>`,
      text(left, bottom + 18, ends[0]!, 'text-anchor="middle"'),
      text(right, bottom + 18, ends[1]!, 'text-anchor="middle"'),
      ...lines.flatMap(({ label, from, to }, at) => {
        const colour = at === 0 ? ours : theirs
        return [
          `<path d="M${left} ${yOf(from).toFixed(1)}L${right} ${yOf(to).toFixed(1)}" stroke="${colour}" stroke-width="3" stroke-linecap="round"/>`,
          // The lower of two that begin side by side stands below the other.
          text(left - 8, yOf(from) + (at === 0 ? 0 : 11), from.toFixed(1), 'text-anchor="end"'),
          text(right + 8, yOf(to) + 4, `${to.toFixed(1)} ${label}`),
        ]
      }),
    ].join('\n')
  })
  return [text(0, top, 'Latency, p50 ms', 'font-weight="600"'), ...drawn].join('\n')
}

function line(label: string, from: number, to: number) {
  return { label, from, to }
}

function text(x: number, y: number, content: string, attributes = ''): string {
  return `<text x="${x.toFixed(0)}" y="${y.toFixed(0)}" ${attributes}>${content}</text>`
}

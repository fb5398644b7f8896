// Amounts side by side, each as text and as a bar.

/** A bar: `share` of the full length (0 to 1), filled up to `filled`. */
export interface Meter {
  key: string
  name: string
  text: string
  share: number
  /** By default all of it. */
  filled?: number
  kind?: 'plain' | 'nearly' | 'worst'
  hint?: string
}

/** Shows the bars. */
export function Meters({ meters }: { meters: Meter[] }) {
  return (
    <ul class="meters">
      {meters.map(({ key, name, text, share, filled = share, kind = 'plain', hint }) => (
        <li key={key} class={`meter ${kind}`}>
          <span>{name}</span>
          <span class="meter-text">{text}</span>
          <svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
            <path class="grid" d="M0 10H100" />
            {share > filled && <rect class="bar hollow" width={share * 100} height="10" />}
            {filled > 0 && <rect class="bar" width={filled * 100} height="10" />}
          </svg>
          {hint && <span class="hint">{hint}</span>}
        </li>
      ))}
    </ul>
  )
}

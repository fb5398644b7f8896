// The head of every screen.
import type { Key } from '../api.ts'
import { useLanguage } from '../language.ts'
import { listHref, trafficHref, useRoute } from '../route.ts'

interface HeaderProps {
  switchLanguage: () => void
  /** Null while no operator is signed in. */
  operator: Key | null
  signOut: () => void
}

/** Shows the head of a screen. */
export function Header({ switchLanguage, operator, signOut }: HeaderProps) {
  const { strings } = useLanguage()
  const { code, name } = strings.otherLanguage
  return (
    <header class="header">
      <a class="brand" href={listHref}>
        <svg viewBox="0 0 32 16" width="32" height="16" aria-hidden="true">
          <circle cx="3" cy="8" r="2.5" />
          <circle cx="11" cy="8" r="2.5" />
          <rect x="17" y="1" width="6" height="14" rx="2.5" />
          <rect x="25.5" y="1" width="6" height="14" rx="2.5" />
        </svg>
        {strings.title}
      </a>
      {operator && <Screens />}
      {operator && <Operator operator={operator} />}
      <button type="button" class="quiet" lang={code} onClick={switchLanguage}>
        {name}
      </button>
      {operator && (
        <button type="button" class="quiet" onClick={signOut}>
          {strings.signIn.signOut}
        </button>
      )}
    </header>
  )
}

/** Who is signed in: the name of the key, the users it is for, and its last day. */
function Operator({ operator: { name, prefix, until } }: { operator: Key }) {
  const { strings } = useLanguage()
  const words = strings.signIn
  return (
    <p class="operator" title={until === null ? undefined : words.until(until)}>
      {words.as} <strong>{name}</strong>
      {prefix !== null && ` · ${words.users(prefix)}`}
    </p>
  )
}

function Screens() {
  const { strings } = useLanguage()
  const { screen } = useRoute()
  return (
    <nav class="screens" aria-label={strings.screens}>
      <a href={listHref} aria-current={screen === 'list' ? 'page' : undefined}>
        {strings.list.title}
      </a>
      <a href={trafficHref} aria-current={screen === 'traffic' ? 'page' : undefined}>
        {strings.traffic.title}
      </a>
    </nav>
  )
}

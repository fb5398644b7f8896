// The whole console: the session, the language and the screen.

import type { Api } from './api.ts'
import { useDeviceList } from './device-list.ts'
import { Language, useLanguageSwitch } from './language.ts'
import { Announcer } from './parts/announcer.tsx'
import { Header } from './parts/header.tsx'
import { Skeleton } from './parts/waiting.tsx'
import { useRoute } from './route.ts'
import { DeviceScreen } from './screens/device.tsx'
import { ListScreen } from './screens/list.tsx'
import { NotFoundScreen } from './screens/not-found.tsx'
import { SignInScreen } from './screens/sign-in.tsx'
import { TrafficScreen } from './screens/traffic.tsx'
import { type Session, useSession } from './session.ts'
import type { Strings } from './strings/en.ts'

/** The root component. */
export function Console() {
  const [strings, switchLanguage] = useLanguageSwitch()
  const session = useSession()
  return (
    <Language.Provider value={strings}>
      <Page strings={strings} session={session} switchLanguage={switchLanguage} />
    </Language.Provider>
  )
}

interface PageProps {
  strings: Strings
  session: Session
  switchLanguage: () => void
}

function Page({ strings, session, switchLanguage }: PageProps) {
  return (
    <Announcer>
      <button type="button" class="skip" onClick={focusContent}>
        {strings.skip}
      </button>
      <Header
        switchLanguage={switchLanguage}
        operator={session.api?.key ?? null}
        signOut={session.signOut}
      />
      <main id="content" tabIndex={-1}>
        {session.api && <SignedIn api={session.api} />}
        {!session.api && session.isResuming && <Skeleton rows={6} />}
        {!session.api && !session.isResuming && <SignInScreen session={session} />}
      </main>
    </Announcer>
  )
}

function SignedIn({ api }: { api: Api }) {
  const list = useDeviceList(api)
  const route = useRoute()
  switch (route.screen) {
    case 'list':
      return <ListScreen api={api} list={list} />
    case 'traffic':
      return <TrafficScreen api={api} limitsOf={route.limitsOf} />
    case 'device': {
      const { userId, deviceId } = route
      return <DeviceScreen key={`${userId} ${deviceId}`} {...{ api, list, userId, deviceId }} />
    }
    case 'none':
      return <NotFoundScreen />
  }
}

function focusContent(): void {
  document.getElementById('content')?.focus()
}

// Announcements for screen readers. They are also shown at the foot of the window when the
// place of an action is gone, as after a deletion. One live region is there from the start: a
// new one is not read out.
import { type ComponentChildren, createContext } from 'preact'
import { useContext, useEffect, useState } from 'preact/hooks'

const Announce = createContext<(text: string) => void>(() => {})

/** Returns the function that announces a sentence. */
export const useAnnounce = () => useContext(Announce)

const shownMs = 8000

/** Holds the live region of the page. */
export function Announcer({ children }: { children: ComponentChildren }) {
  const [text, setText] = useState('')
  useEffect(() => {
    if (text === '') return
    const timer = setTimeout(() => setText(''), shownMs)
    return () => clearTimeout(timer)
  }, [text])
  return (
    <Announce.Provider value={setText}>
      {children}
      <div class="announcer" role="status">
        {text && <p>{text}</p>}
      </div>
    </Announce.Provider>
  )
}

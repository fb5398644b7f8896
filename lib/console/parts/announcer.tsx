// What happened, said to screen readers and shown at the foot of the window when its place is gone, as after
// a deletion. One live region, there from the start: a new one is not heard.
import { type ComponentChildren, createContext } from 'preact'
import { useContext, useEffect, useState } from 'preact/hooks'

const Announce = createContext<(text: string) => void>(() => {})

/** Says a sentence. */
export const useAnnounce = () => useContext(Announce)

const shownMs = 8000

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

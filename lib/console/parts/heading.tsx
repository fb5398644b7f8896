// The heading of a screen: it names the tab, and takes the focus when its screen comes up, so that a screen
// reader says where one is and the next Tab goes on from there.
import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { useLanguage } from '../language.ts'

/** The first screen takes nothing: a fresh page begins at its top, as everywhere. */
let someScreenWasShown = false

interface HeadingProps {
  /** What the tab is called; numbers stay out of it, they would be in the browser's history. */
  title: string
  children?: ComponentChildren
}

export function Heading({ title, children }: HeadingProps) {
  const { strings } = useLanguage()
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    document.title = `${title} · ${strings.title}`
  }, [title, strings])
  useEffect(() => {
    if (someScreenWasShown) heading.current?.focus()
    someScreenWasShown = true
  }, [])
  return (
    <h1 ref={heading} tabIndex={-1}>
      {children ?? title}
    </h1>
  )
}

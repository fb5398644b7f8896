// The heading of a screen. It names the tab, and takes the focus when its screen opens, so that a
// screen reader reads it out and the next Tab goes on from there.
import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { useLanguage } from '../language.ts'

/** The first screen takes no focus: a fresh page starts at its top. */
let someScreenWasShown = false

interface HeadingProps {
  /** The title of the tab. It holds no number, which would get into the browser's history. */
  title: string
  children?: ComponentChildren
}

/** Shows the heading of a screen. */
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

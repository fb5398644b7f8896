// The base path of a custom domain (an API mapping, such as /otp). API Gateway matches its routes
// without it, and hands on paths with it.

/** Returns what is before a route's own path; empty without a mapping. */
export function basePathOf(path: string, route: string): string {
  const pattern = route.split(' ')[1]
  if (pattern === undefined) return ''
  return new RegExp(`^(.*?)${patternSource(pattern)}$`).exec(path)?.[1] ?? ''
}

/** Returns the regular expression of a route's path, as its source. */
export function patternSource(pattern: string): string {
  return pattern.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+')
}

/**
 * Returns the paths that a path may be, the whole of it first: below a mapping it is only the end
 * of it. The own domain of an API has no mappings.
 */
export function pathsBelow(path: string, domainName: string): string[] {
  if (domainName.endsWith('.amazonaws.com')) return [path]
  const starts = [...path.matchAll(/\//g)].map(({ index }) => index)
  return starts.map(start => path.slice(start))
}

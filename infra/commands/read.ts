// One call that only reads, to whoever is not AWS. Nothing of an answer is told but its status.

/** What came back. */
export interface Answer {
  /** 0 when there was none, or none that can be read. */
  status: number
  body: Record<string, unknown>
  /** What goes after the name of who was asked. */
  words: string
}

/** Reads a document of JSON. Never throws. */
export async function readJson(
  url: string,
  { headers = {}, deadlineMs }: { headers?: Record<string, string>; deadlineMs: number },
): Promise<Answer> {
  try {
    const response = await fetch(url, {
      headers: { ...headers, accept: 'application/json' },
      redirect: 'manual',
      signal: AbortSignal.timeout(deadlineMs),
    })
    const body = Object(await response.json().catch(unlessTimeout))
    const { status } = response
    if (status === 200 && Object.keys(body).length === 0) {
      return { status: 0, body, words: 'answers nothing that can be read' }
    }
    return { status, body, words: `answers ${status}` }
  } catch (error) {
    return {
      status: 0,
      body: {},
      words: `does not answer (${reasonOf(error as Error, deadlineMs)})`,
    }
  }
}

function unlessTimeout(error: Error): null {
  if (error.name === 'TimeoutError') throw error
  return null
}

function reasonOf({ name, cause }: Error, deadlineMs: number): string {
  if (name === 'TimeoutError') return `within ${deadlineMs / 1000} s`
  return String(Object(cause).code ?? name)
}

// Calls triggers as Cognito does: who takes longer than five seconds is called again, at most three
// times in all, and what the late calls answer is dropped.

/** Runs a function with an event, and gives its answer. */
export type Invoke = (functionName: string, event: unknown) => Promise<unknown>

/** How a call is repeated, where it is. */
export interface Repetition {
  times: 1 | 2 | 3
  how: 'at once' | 'in turn'
}

/** How triggers are called. */
export interface Calling {
  invoke: Invoke
  /** Cognito's five seconds. */
  waitMs?: number
  /** Calls that are made though the answer came in time: it may be lost on its way. */
  repeat?: (functionName: string) => Repetition
}

const mostCalls = 3

/** What a trigger answers in time; it throws where none of the calls does. */
export async function callTrigger<Answer>(
  { invoke, waitMs = 5_000, repeat = () => ({ times: 1, how: 'in turn' }) }: Calling,
  functionName: string,
  event: unknown,
): Promise<Answer> {
  const { times, how } = repeat(functionName)
  const call = () => invoke(functionName, structuredClone(event))
  if (how === 'at once' && times > 1) {
    const answers = await Promise.all(Array.from({ length: times }, call))
    return answers.at(-1) as Answer
  }
  for (let n = 1; n < times; n++) await call()
  for (let n = 0; n < mostCalls; n++) {
    const answer = await inTime(call(), waitMs)
    if (answer !== late) return answer as Answer
  }
  throw new Error(`${functionName} timed out.`)
}

const late = Symbol('late')

async function inTime(calling: Promise<unknown>, waitMs: number): Promise<unknown> {
  let timer: NodeJS.Timeout | undefined
  const waiting = new Promise(resolve => {
    timer = setTimeout(() => resolve(late), waitMs)
  })
  try {
    return await Promise.race([calling, waiting])
  } finally {
    clearTimeout(timer)
    // What comes late, comes to nobody.
    calling.catch(() => {})
  }
}

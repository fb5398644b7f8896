// How a runner that npm starts says that it takes no arguments, and how it ends with npm.

/** Takes `--help`, which ends the process, and nothing else; throws one sentence otherwise. */
export function takeNoArguments(command: string, help: string): void {
  const [first, ...more] = process.argv.slice(2)
  if (first === undefined) return
  if (first !== '--help' || more.length > 0) {
    throw new Error(
      `npm run ${command} takes no ${JSON.stringify(first)}; --help shows what there is.`,
    )
  }
  console.log(help)
  process.exit(0)
}

/** A signal that is sent to npm alone ends npm and its shell, but is not passed on. */
export function stopWithNpm(commands: string, stop: () => void): void {
  if (!process.env.npm_lifecycle_event?.startsWith(commands)) return
  const shell = process.ppid
  setInterval(() => process.ppid !== shell && stop(), 500).unref()
}

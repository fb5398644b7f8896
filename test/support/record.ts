// What the suite leaves behind for its last test: every log line, every answer, and every secret
// that must not be found in them.
import { appendFileSync } from 'node:fs'
import { join } from 'node:path'

const folder = process.env.OTP_TEST_RECORD ?? '.'

/** The files of the record. */
export const recordFiles = {
  log: join(folder, 'log.txt'),
  answers: join(folder, 'answers.txt'),
  secrets: join(folder, 'secrets.txt'),
}

/** Keeps what was logged. */
export function recordLog(text: string): void {
  appendFileSync(recordFiles.log, text)
}

/** Keeps an answer: status, headers and body. */
export function recordAnswer(answer: unknown): void {
  appendFileSync(recordFiles.answers, `${JSON.stringify(answer)}\n`)
}

const kept = new Set<string>()

/** Keeps a secret of this kind, to be searched for at the end. */
export function recordSecret(
  kind: 'token' | 'digest' | 'number' | 'key' | 'proof',
  ...values: (string | undefined)[]
): void {
  for (const value of values) {
    const line = `${JSON.stringify({ kind, value })}\n`
    if (!value || kept.has(line)) continue
    kept.add(line)
    appendFileSync(recordFiles.secrets, line)
  }
}

// What a restore asks of AWS; what it refuses is one sentence.
import { type AwsError, failureOf, nameOf, type Stage } from '../stage.ts'

/** What is asked for. */
export interface Question {
  /** Such as `dynamodb:DescribeTable`. */
  permission: string
  /** What it is asked of. */
  of: string
  /** What it comes to that it was not done, such as `could not be read`. */
  failed: string
}

/** Waits for an answer; throws one sentence that names what was refused. */
export async function ask<T>(
  answer: Promise<T>,
  { permission, of, failed }: Question,
  { region }: Stage,
): Promise<T> {
  try {
    return await answer
  } catch (cause) {
    const error = cause as AwsError
    const place = `${of} (${region})`
    const otherwise = `${place} ${failed} (${nameOf(error)}).`
    throw new Error(failureOf(error, { permission, place, otherwise }), { cause })
  }
}

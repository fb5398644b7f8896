// What a command asks of AWS; what that refuses is one sentence.
import { type AwsError, failureOf, nameOf, type Stage } from './stage.ts'

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
  { region }: Pick<Stage, 'region'>,
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

// SSM fails: what is known is used on, and what is not known verifies nothing and breaks nothing.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { connectStore } from '../../../lib/dynamodb/client.ts'
import { challenge, noon, putDevice, tokenKey } from '../../support/devices.ts'
import { freshVerify } from '../../support/faulty-service.ts'
import { figure } from '../../support/figures.ts'
import { keptApiKeys } from '../../support/keys.ts'
import { invoke } from '../../support/lambda.ts'
import { trials } from '../../support/runs.ts'
import { type SsmStandIn, startSsmStandIn } from '../../support/ssm-stand-in.ts'

const path = '/serverless-otp-twilio/test'
const store = connectStore()
let ssm: SsmStandIn

beforeEach(async () => {
  ssm = await startSsmStandIn()
  ssm.put(`${path}/OTP_API_KEYS`, keptApiKeys)
  ssm.put(`${path}/OTP_TOKEN_KEY`, tokenKey.toString('base64'))
  vi.stubEnv('AWS_ENDPOINT_URL_SSM', ssm.url)
  vi.stubEnv('OTP_SSM_PATH', path)
  vi.stubEnv('OTP_API_KEYS', undefined)
  vi.stubEnv('OTP_TOKEN_KEY', undefined)
  vi.useFakeTimers({ toFake: ['Date'], now: noon })
})

afterEach(async () => {
  vi.useRealTimers()
  vi.unstubAllEnvs()
  await ssm.goDown()
})

type Verify = Awaited<ReturnType<typeof freshVerify>>

async function verifyRight(verify: Verify): Promise<number> {
  const device = await putDevice(store)
  const token = await challenge(store, device, { now: Date.now() })
  return (await invoke(verify, { ...device, body: { token } })).status
}

const n = trials({ sample: 10, long: 300 })

describe('SSM down after the warm-up', () => {
  it('has no effect on verifications', async () => {
    const verify = await freshVerify()
    const warm = await verifyRight(verify)
    await ssm.goDown()

    const statuses = [warm]
    for (let i = 0; i < n; i++) {
      vi.setSystemTime(noon + Math.floor((i * 600_000) / n))
      statuses.push(await verifyRight(verify))
    }

    const violations = statuses.filter(status => status !== 200).length
    figure({ claim: 'SSM down after warm-up: verified all the same', trials: n, violations })
    expect(violations).toBe(0)
  })
})

describe('SSM down at a cold start', () => {
  it('answers 503 with Retry-After until SSM is back', async () => {
    await ssm.goDown()
    const verify = await freshVerify()

    const answers = []
    for (let i = 0; i < n; i++) {
      answers.push(await invoke(verify, { userId: 'u', deviceId: 'd', body: { token: '1' } }))
    }
    await ssm.comeUp()
    const recovered = await verifyRight(verify)

    const clear = answers.filter(
      ({ status, body, headers }) =>
        status === 503 && body.code === 'unavailable' && headers['retry-after'] === '1',
    )
    const violations = n - clear.length + Number(recovered !== 200)
    figure({ claim: 'SSM down at cold start: 503, then well again', trials: n + 1, violations })
    expect(violations).toBe(0)
  })
})

// The real handlers with a fault proxy between them and the engine, and a way around it for the
// tests.
import { vi } from 'vitest'
import { getDevice } from '../../lib/device/store.ts'
import { connectStore } from '../../lib/dynamodb/client.ts'
import { indexKey, signal, tokenKey } from './devices.ts'
import { startFaultProxy } from './fault-proxy.ts'

type ProxyOptions = Parameters<typeof startFaultProxy>[1]

/**
 * Starts the proxy; `direct` is the store without it, and the handlers have its devices' keys.
 */
export async function startFaultyStore(options: ProxyOptions = {}) {
  const direct = connectStore()
  // A client settles its endpoint with its first request.
  await getDevice(direct, { userId: 'warm', deviceId: 'up' }, signal)
  const proxy = await startFaultProxy(process.env.AWS_ENDPOINT_URL_DYNAMODB!, options)
  process.env.AWS_ENDPOINT_URL_DYNAMODB = proxy.url
  process.env.OTP_INDEX_KEY = indexKey.toString('base64')
  process.env.OTP_TOKEN_KEY = tokenKey.toString('base64')
  return { direct, proxy }
}

/** A fresh Lambda instance of verify, with the SDK's whole retry quota. */
export async function freshVerify() {
  vi.resetModules()
  return (await import('../../functions/verify.ts')).handler
}

/** A fresh Lambda instance of challenge. */
export async function freshChallenge() {
  vi.resetModules()
  return (await import('../../functions/challenge.ts')).handler
}

// Checks X-Twilio-Signature: an HMAC over the URL and the form, with the account's auth token
// (twilio.com/docs/usage/security), or with a shared key, which a header of its own then names.
import { validateRequest } from 'twilio/lib/webhooks/webhooks.js'
import type { SignatureKey } from '../settings/signature-key.ts'

/** A form; a name that came with several values has them all. */
export type Form = Readonly<Record<string, string | string[]>>

/** A callback as it arrived. */
export interface SignedForm {
  signature: string
  /** X-Twilio-Webhooks-Signature-Settings; empty when there is none. */
  signatureSettings: string
  form: Form
}

/**
 * Whether Twilio has signed this form for this URL. Where a shared key is set, nothing else is
 * taken: neither another key, nor an algorithm that somebody else would choose.
 */
export function isSignedByTwilio(
  { signature, signatureSettings, form }: SignedForm,
  { url, token, key }: { url: string; token: string; key: SignatureKey | null },
): boolean {
  const named = readSignatureSettings(signatureSettings)
  if (named?.id !== key?.id || named?.algorithm !== key?.algorithm) return false
  const algorithm = key?.algorithm ?? 'HMAC_SHA1'
  return (
    validateRequest(token, signature, url, { ...form }, algorithm) ||
    validateRequest(token, signature, url + inCodePoints(form), {}, algorithm)
  )
}

function readSignatureSettings(header: string): SignatureKey | null {
  if (header.trim() === '') return null
  const parts = header.split(',').map(part => part.split('=', 2).map(text => text.trim()))
  const { key: id = '', algorithm = '' } = Object.fromEntries(parts)
  return { id, algorithm }
}

/**
 * The form as it is signed, its names by code point. JavaScript's own order, which Twilio's package
 * has, differs from that beyond the Basic Multilingual Plane.
 */
function inCodePoints(form: Form): string {
  return Object.keys(form)
    .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
    .flatMap(name => [...new Set([form[name] ?? ''].flat())].toSorted().map(one => name + one))
    .join('')
}

// The server's side of Cognito's Secure Remote Password (SRP-6a, RFC 5054, with the parameters that
// amazon-cognito-identity-js has), for the stand-in of a user pool.
import {
  createHash,
  createHmac,
  getDiffieHellman,
  hkdfSync,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto'

/** RFC 3526 §4: the 3072-bit group. */
const prime = getDiffieHellman('modp15').getPrime('hex')
const modulus = BigInt(`0x${prime}`)
const generator = 2n

/** Hexadecimal as Cognito hashes it: whole bytes, and never a negative number. */
function padded(value: bigint): string {
  const hex = value.toString(16)
  const even = hex.length % 2 === 0 ? hex : `0${hex}`
  return /^[89a-f]/.test(even) ? `00${even}` : even
}

const hash = (...parts: (Buffer | string)[]) =>
  parts.reduce((all, part) => all.update(part), createHash('sha256')).digest()
const bytes = (value: bigint) => Buffer.from(padded(value), 'hex')
const number = (buffer: Buffer) => BigInt(`0x${buffer.toString('hex')}`)

function power(base: bigint, exponent: bigint): bigint {
  let [result, square] = [1n, base % modulus]
  for (let left = exponent; left > 0n; left >>= 1n) {
    if (left & 1n) result = (result * square) % modulus
    square = (square * square) % modulus
  }
  return result
}

const multiplier = number(hash(bytes(modulus), bytes(generator)))

/** A verification that has begun: what the client is given, and the check of what it answers. */
export interface Srp {
  parameters: Record<string, string>
  isRight(responses: Record<string, string>): boolean
}

/** Begins one for a user; for a name that nobody has, with a password that nobody knows. */
export function beginSrp(
  { userPoolId, userName }: { userPoolId: string; userName: string },
  password: string | null,
  clientsValue: string,
): Srp {
  const pool = userPoolId.split('_')[1] ?? ''
  const salt = number(randomBytes(16))
  const secret = password ?? randomBytes(16).toString('hex')
  const x = number(hash(bytes(salt), hash(`${pool}${userName}:${secret}`)))
  const verifier = power(generator, x)
  const b = number(randomBytes(32))
  const serversValue = (multiplier * verifier + power(generator, b)) % modulus
  const secretBlock = randomBytes(64).toString('base64')
  const a = BigInt(`0x${clientsValue}`)
  const parameters = {
    USERNAME: userName,
    USER_ID_FOR_SRP: userName,
    SALT: salt.toString(16),
    SRP_B: serversValue.toString(16),
    SECRET_BLOCK: secretBlock,
  }
  return {
    parameters,
    isRight(responses) {
      const u = number(hash(bytes(a), bytes(serversValue)))
      if (a % modulus === 0n || u === 0n) return false
      const shared = power((a * power(verifier, u)) % modulus, b)
      const key = hkdfSync('sha256', bytes(shared), bytes(u), 'Caldera Derived Key', 16)
      const wanted = createHmac('sha256', Buffer.from(key))
        .update(`${pool}${userName}`)
        .update(Buffer.from(secretBlock, 'base64'))
        .update(responses.TIMESTAMP ?? '')
        .digest()
      const given = Buffer.from(responses.PASSWORD_CLAIM_SIGNATURE ?? '', 'base64')
      return given.length === wanted.length && timingSafeEqual(given, wanted)
    },
  }
}

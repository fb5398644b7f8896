// A login in Express: the password, then a code by SMS. It answers JSON with the next step.
import { randomUUID } from 'node:crypto'
import express from 'express'
import { createClient } from 'serverless-otp-twilio/client'

const { API = 'http://127.0.0.1:3000', KEY = '', PORT = '3001' } = process.env
const otp = createClient({ url: API, apiKey: KEY })

/** Stands for your table of users: yours has hashes, by argon2 or scrypt. */
const users = new Map([
  ['alice', { id: 'express|alice', password: 'correct horse', recovery: 'battery staple' }],
])
/** Stands for your session store. */
const sessions = new Map()

const app = express()
app.use(express.json())

// The password. Only after it anything of the second factor is done.
app.post('/login', async (request, response) => {
  const user = users.get(request.body.user)
  if (user?.password !== request.body.password) return response.status(401).json(step('password'))
  const phones = await otp.devices.list(user.id, { confirmed: true })
  if (!phones.ok) return refuse(response, phones)
  const [phone] = phones.devices
  const session = { user: user.id, recovery: user.recovery, device: phone?.id }
  // A user without a phone may register one; whoever has one proves that first.
  session.mayEnrol = phone === undefined
  const id = randomUUID()
  sessions.set(id, session)
  response.cookie('session', id, { httpOnly: true, sameSite: 'strict' })
  if (session.mayEnrol) return response.json(step('enrol'))
  return send(request, response, session)
})

// A new phone. It counts once its first code was right.
app.post('/enrol', inSession, async (request, response) => {
  const { session } = response.locals
  if (!session.mayEnrol) return response.status(403).json(step('password'))
  const device = await otp.devices.create(session.user, { number: request.body.number })
  if (!device.ok) return refuse(response, device, 'enrol')
  session.device = device.id
  return send(request, response, session)
})

// The phone is lost: a recovery code, or your support, lets the user register another.
app.post('/lost', inSession, async (request, response) => {
  const { session } = response.locals
  if (request.body.recovery !== session.recovery) return response.status(403).json(step('code'))
  const deleted = await otp.devices.deleteAll(session.user)
  if (!deleted.ok) return refuse(response, deleted)
  session.mayEnrol = true
  return response.json(step('enrol'))
})

app.post('/again', inSession, (request, response) =>
  send(request, response, response.locals.session, { again: true }),
)

app.post('/code', inSession, async (request, response) => {
  const { session } = response.locals
  const { user, device, challengeId } = session
  if (device === undefined) return response.status(403).json(step('password'))
  const verified = await otp.verify(user, device, {
    token: String(request.body.token ?? ''),
    challengeId,
    clientIp: request.ip,
  })
  if (!verified.ok) return refuse(response, verified)
  session.mayEnrol = false
  session.isLoggedIn = true
  return response.json(step('in'))
})

async function send(request, response, session, { again = false } = {}) {
  if (session.device === undefined) return response.status(403).json(step('password'))
  const ask = again ? otp.resend : otp.challenge
  // With `trust proxy` set to your own proxy, request.ip is the address that this proxy saw.
  const sent = await ask(session.user, session.device, { clientIp: request.ip })
  if ('challengeId' in sent) session.challengeId = sent.challengeId
  return sent.ok ? response.json(step('code', { number: sent.number })) : refuse(response, sent)
}

/** What the page shows: why not, and how long to wait. */
function refuse(response, { code, retryAfter, lockedUntil, guessesLeft }, next = 'code') {
  response.status(409).json(step(next, { code, retryAfter, lockedUntil, guessesLeft }))
}

function step(step, rest = {}) {
  return { step, ...rest }
}

function inSession(request, response, next) {
  const id = /(?:^|; )session=([^;]+)/.exec(request.headers.cookie ?? '')?.[1]
  response.locals.session = sessions.get(id)
  if (response.locals.session) return next()
  return response.status(401).json(step('password'))
}

app.listen(Number(PORT), '127.0.0.1', () => {
  process.stdout.write(`Express answers at http://127.0.0.1:${PORT}\n`)
})

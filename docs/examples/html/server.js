// A login of plain HTML forms, which work without JavaScript: the password, then a code by SMS. There
// is no framework: node:http answers each form with the page of the next step.
import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'
import { createClient } from 'serverless-otp-twilio/client'

const { API = 'http://127.0.0.1:3000', KEY = '', PORT = '3003' } = process.env
const otp = createClient({ url: API, apiKey: KEY })

/** Stands for your table of users: yours has hashes, by argon2 or scrypt. */
const users = new Map([
  ['alice', { id: 'html|alice', password: 'correct horse', recovery: 'battery staple' }],
])
/** Stands for your session store. */
const sessions = new Map()

const pages = {
  password: `<h1>Sign in</h1>
<form method="post" action="/login">
  <label>Name <input name="user" autocomplete="username" required></label>
  <label>Password <input name="password" type="password" autocomplete="current-password" required></label>
  <button>Continue</button>
</form>`,
  enrol: `<h1>Register your phone</h1>
<form method="post" action="/enrol">
  <label>Number <input name="number" type="tel" autocomplete="tel" required></label>
  <button>Send a code</button>
</form>`,
  code: `<h1>Enter your code</h1>
<form method="post" action="/code">
  <label>Code <input name="token" inputmode="numeric" autocomplete="one-time-code" required></label>
  <button>Sign in</button>
</form>
<form method="post" action="/again"><button>Send again</button></form>
<form method="post" action="/lost">
  <label>Is your phone lost? Recovery code <input name="recovery" autocomplete="off" required></label>
  <button>Register another phone</button>
</form>`,
  in: '<h1>You are in</h1>',
}

/** Why not, by the code of the answer; a wait is added where there is one. */
const sentences = {
  invalid_token: 'That code is wrong, used or too old.',
  invalid_body: 'That was blank, or too long. Type it again.',
  throttled: 'Too many wrong codes.',
  token_used_up: 'Too many wrong tries with this code. Send a new one.',
  no_token: 'This code cannot be used any more. Send a new one.',
  cooldown: 'The last code is only just on its way.',
  limit_reached: 'Too many codes were asked for.',
  invalid_number: 'This cannot be a phone number. Write it as +12025550142.',
  undeliverable_number: 'This number takes no SMS.',
  delivery_unknown: 'The code may be late. If it arrives, it is good.',
}

const routes = {
  'GET /': async () => show('password'),

  'POST /login': async ({ form, clientIp }) => {
    const user = users.get(form.get('user'))
    if (user?.password !== form.get('password')) {
      return show('password', 'That is no name and password of ours.')
    }
    const phones = await otp.devices.list(user.id, { confirmed: true })
    if (!phones.ok) return refuse('password', phones)
    const device = phones.devices[0]?.id
    // A user without a phone may register one; whoever has one proves that first.
    const session = { ...user, device, mayEnrol: device === undefined }
    const id = randomUUID()
    sessions.set(id, session)
    const page = session.mayEnrol ? show('enrol') : await send(session, clientIp)
    return { ...page, cookie: `session=${id}; HttpOnly; SameSite=Strict; Path=/` }
  },

  'POST /enrol': async ({ session, form, clientIp }) => {
    if (!session?.mayEnrol) return show('password')
    const device = await otp.devices.create(session.id, { number: form.get('number') ?? '' })
    if (!device.ok) return refuse('enrol', device)
    session.device = device.id
    return send(session, clientIp)
  },

  'POST /again': async ({ session, clientIp }) =>
    session?.device ? send(session, clientIp, otp.resend) : show('password'),

  'POST /code': async ({ session, form, clientIp }) => {
    if (!session?.device) return show('password')
    const { id, device, challengeId } = session
    const token = form.get('token') ?? ''
    const verified = await otp.verify(id, device, { token, challengeId, clientIp })
    if (!verified.ok) return refuse('code', verified)
    session.mayEnrol = false
    session.isLoggedIn = true
    return show('in')
  },

  // A recovery code, or your support, lets the user register another phone.
  'POST /lost': async ({ session, form }) => {
    if (!session) return show('password')
    if (form.get('recovery') !== session.recovery) return show('code', 'That is no recovery code.')
    const deleted = await otp.devices.deleteAll(session.id)
    if (!deleted.ok) return refuse('code', deleted)
    session.mayEnrol = true
    return show('enrol')
  },
}

async function send(session, clientIp, ask = otp.challenge) {
  const sent = await ask(session.id, session.device, { clientIp })
  if ('challengeId' in sent) session.challengeId = sent.challengeId
  return sent.ok ? show('code', `We sent it to ${sent.number}.`) : refuse('code', sent)
}

function refuse(step, { code, retryAfter }) {
  const sentence = sentences[code] ?? 'That did not work. Please try again.'
  return show(step, retryAfter ? `${sentence} Try again in ${retryAfter} seconds.` : sentence, code)
}

/** A page. Nothing that a user typed is in it, so there is nothing to escape. */
function show(step, message = '', code = '') {
  const html = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Sign in</title>
<main data-step="${step}" data-code="${code}">
<p role="status">${message}</p>
${pages[step]}
</main></html>`
  return { html }
}

const server = createServer(async (request, response) => {
  const id = /(?:^|; )session=([^;]+)/.exec(request.headers.cookie ?? '')?.[1]
  const handle = routes[`${request.method} ${request.url}`] ?? routes['GET /']
  const { html, cookie } = await handle({
    session: sessions.get(id),
    form: new URLSearchParams(await text(request)),
    // Behind a proxy of your own it is the address that this proxy saw.
    clientIp: request.socket.remoteAddress,
  }).catch(error => {
    process.stderr.write(`${error.message}\n`)
    return show('password', 'Something is wrong on our side.')
  })
  response.writeHead(200, {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    ...(cookie && { 'set-cookie': cookie }),
  })
  response.end(html)
})
server.listen(Number(PORT), '127.0.0.1', () => {
  process.stdout.write(`The forms are at http://127.0.0.1:${PORT}\n`)
})

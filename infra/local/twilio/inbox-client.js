// In the browser: new messages are put on top of the list, so that nothing else moves
// or loses the focus.
const state = document.getElementById('state')
const inbox = document.getElementById('inbox')
const nothing = document.getElementById('nothing')
const simulated = document.getElementById('simulated')
const said = document.getElementById('said')
const choices = [...document.querySelectorAll('input[name=next]')]

const outcomes = {
  429: 'The last message got 429, however often it was tried.',
  500: 'The last message got 500.',
  'time-out': 'The last message got no answer.',
  refused: 'The last message was refused.',
  'on its way': 'The last message is on its way: choose what becomes of it.',
}

function show() {
  nothing.hidden = inbox.children.length > 0
  for (const time of document.querySelectorAll('time')) {
    const at = new Date(time.dateTime)
    const today = at.toDateString() === new Date().toDateString()
    time.textContent = today ? at.toLocaleTimeString() : at.toLocaleString()
    time.title = at.toLocaleString(undefined, { dateStyle: 'full', timeStyle: 'long' })
  }
}

function showFailure({ next, last }) {
  for (const choice of choices) choice.checked = choice.value === (next ?? '')
  simulated.textContent = outcomes[last] ?? ''
}

function listen(events, name, take) {
  events.addEventListener(name, ({ data }) => {
    take(JSON.parse(data))
    show()
  })
}

const events = new EventSource('/events')
events.onerror = () => {
  state.textContent = 'stopped'
  state.className = 'lost'
}
listen(events, 'state', received => {
  state.textContent = 'live'
  state.className = 'live'
  showFailure(received)
  if (received.newest === inbox.dataset.newest) return
  inbox.dataset.newest = received.newest
  inbox.innerHTML = received.items
})
listen(events, 'message', ({ item, sid }) => {
  inbox.dataset.newest = sid
  inbox.insertAdjacentHTML('afterbegin', item)
})
listen(events, 'emptied', () => {
  inbox.dataset.newest = ''
  inbox.replaceChildren()
})
listen(events, 'failure', showFailure)
listen(events, 'status', ({ sid, status }) => {
  const shown = inbox.querySelector(`[data-sid="${sid}"] small span`)
  if (shown !== null) shown.textContent = status
})

document.getElementById('empty').addEventListener('click', () => {
  fetch('/messages.json', { method: 'DELETE' })
})

for (const choice of choices) {
  choice.addEventListener('change', () => {
    fetch('/failure.json', { method: 'PUT', body: JSON.stringify({ next: choice.value || null }) })
  })
}

inbox.addEventListener('click', async ({ target }) => {
  const { token, report } = target.dataset
  if (token !== undefined) {
    await navigator.clipboard.writeText(token)
    say(`Copied ${token}`)
  }
  if (report !== undefined) await reportStatus(report, target.value)
})

async function reportStatus(sid, chosen) {
  const [status, errorCode = ''] = chosen.split(' ')
  const body = new URLSearchParams({ status, errorCode })
  const response = await fetch(`/messages/${sid}/status`, { method: 'POST', body })
  const { answered } = await response.json()
  if (answered === 204) say(`Reported: ${status}`)
  else say('The service did not take it.', 'failed')
}

function say(text, kind = '') {
  said.className = kind
  said.textContent = ''
  // A live region speaks when its text changes.
  requestAnimationFrame(() => {
    said.textContent = text
  })
}

show()

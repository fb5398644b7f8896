// The page of the SMS inbox. The list is rendered and escaped here. The script adds later messages,
// which are rendered here too.
import { readFileSync } from 'node:fs'
import type { Channel } from '../../../lib/settings/channels.ts'
import type { StandInMessage } from './messages.ts'

// The colours are the console's.
const style = ['../../../lib/console/palette.css', 'inbox.css']
  .map(file => readFileSync(new URL(file, import.meta.url), 'utf8'))
  .join('')
const script = readFileSync(new URL('inbox-client.js', import.meta.url), 'utf8')

/** Renders the whole page. `nonce` lets its style and script run. */
export function inboxPage(messages: StandInMessage[], nonce: string): string {
  const newest = messages.at(-1)?.sid ?? ''
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>SMS inbox</title>
<link rel="icon" href="data:,">
<style nonce="${nonce}">${style}</style>
<header>
  <h1>SMS inbox</h1>
  <span id="state" role="status">connecting</span>
  <button type="button" id="empty">Empty</button>
</header>
<main>
<p class="notice">Nothing was really sent. This is a local stand-in for Twilio: it keeps every message and delivers none.</p>
<fieldset>
  <legend>The next message</legend>
  ${choice('', 'arrives', true)}
  ${choice('429', 'gets 429: too many requests')}
  ${choice('500', 'gets 500: Twilio is down')}
  ${choice('time-out', 'gets no answer at all')}
  ${choice('refused', 'is refused: bad number')}
  ${choice('on its way', 'is sent, and its delivery chosen below')}
  <p id="simulated" role="status"></p>
</fieldset>
<ol id="inbox" aria-live="polite" data-newest="${newest}">${messages.toReversed().map(inboxItem).join('')}</ol>
<section id="nothing">
  <h2>No messages yet</h2>
  <p>Challenge a device, and its token arrives here.</p>
</section>
</main>
<p id="said" role="status"></p>
<script nonce="${nonce}">${script}</script>
</html>
`
}

function choice(name: string, label: string, checked?: true): string {
  return `<label><input type="radio" name="next" value="${name}"${checked ? ' checked' : ''}> ${label}</label>`
}

/** Renders one message of the list. */
export function inboxItem(message: StandInMessage): string {
  // Six to eight digits in a row are most likely the token: shown large, and copied with one click.
  const body = escapeHtml(message.body).replace(/(?<!\d)\d{6,8}(?!\d)/g, '<b>$&</b>')
  const token = /<b>(\d+)/.exec(body)?.[1]
  const copy = `<button type="button" class="copy" data-token="${token}">Copy token</button>`
  return `
  <li data-sid="${message.sid}">
    <h2>${escapeHtml(message.to)}</h2>
    <time datetime="${message.sentAt}">${message.sentAt.slice(11, 19)} UTC</time>
    <p>${body}</p>
    ${token === undefined ? '' : copy}
    <small>${channelNames[message.channel]} from ${escapeHtml(message.from)}: <span>${message.status}</span> · <code>${message.sid}</code></small>
    ${message.statusCallback === null ? '' : statusChoice(message)}
  </li>`
}

const channelNames: Record<Channel, string> = { sms: 'SMS', call: 'Call', whatsapp: 'WhatsApp' }

/**
 * By label: Twilio's status and, where the message does not arrive, a code of its error dictionary.
 */
const messageStatuses = {
  sent: 'sent',
  delivered: 'delivered',
  'switched off': 'undelivered 30003',
  landline: 'undelivered 30006',
  'carrier’s filter': 'undelivered 30007',
  'opted out': 'undelivered 21610',
  failed: 'failed',
}
const callStatuses = {
  ringing: 'ringing',
  completed: 'completed',
  busy: 'busy',
  'no answer': 'no-answer',
  failed: 'failed',
}

/** A button for each status that Twilio can report. */
function statusChoice({ sid, to, channel }: StandInMessage): string {
  const statuses = Object.entries(channel === 'call' ? callStatuses : messageStatuses)
  const buttons = statuses.map(
    ([label, value]) =>
      `<button type="button" data-report="${sid}" value="${value}">${label}</button>`,
  )
  const group = `Report the delivery to ${escapeHtml(to)}`
  return `<div class="report" role="group" aria-label="${group}">${buttons.join('')}</div>`
}

function escapeHtml(raw: string): string {
  return raw.replace(/[&<>"']/g, character => `&#${character.charCodeAt(0)};`)
}

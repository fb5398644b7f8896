// Every string of the console in English. The compiler checks that de.ts has the
// same ones in German.
import type { Failure, Scope } from '../api.ts'

/** What a request of this page can come back with; else the API's own sentence is shown. */
type ShownCode = Exclude<
  Failure['code'],
  | 'audience_not_allowed'
  | 'body_too_large'
  | 'challenge_not_found'
  | 'idempotency_key_reused'
  | 'invalid_idempotency_key'
  | 'invalid_json'
  | 'invalid_signature'
  | 'method_not_allowed'
  | 'route_not_found'
  | 'unsupported_media_type'
>

/** A sentence about a failure; `until` is a local time, or null. */
export type Sentence = (failure: Failure, until: string | null) => string

const plural = (count: number, one: string, many: string) => `${count} ${count === 1 ? one : many}`

/** The English strings. */
export const en = {
  language: 'en',
  otherLanguage: { code: 'de', name: 'Deutsch' },
  title: 'Device console',
  skip: 'Skip to content',
  screens: 'Screens',
  slow: 'This takes longer than usual …',
  loading: 'Loading …',
  retry: 'Try again',
  refresh: 'Refresh',
  cancel: 'Cancel',
  code: 'Code',
  lacks: (scope: Scope) => `This key lacks the scope ${scope}.`,

  signIn: {
    title: 'Sign in',
    lead: 'Look up phones, unlock them and help people who cannot get in.',
    key: 'API key',
    keyHint: 'What it may not do is greyed here. Each person has a key of their own.',
    keep: 'Keep it until this tab is closed',
    keepHint: 'Otherwise a reload asks for it again.',
    submit: 'Sign in',
    submitting: 'Signing in …',
    empty: 'Type an API key.',
    malformed: 'An API key has no spaces and only plain letters, digits and signs.',
    signOut: 'Sign out',
    refused: 'You were signed out.',
    idle: 'You were signed out because nobody has touched this page for a while.',
    as: 'Signed in as',
    until: (day: string) => `The last day of this key is ${day}.`,
    users: (prefix: string) => `users ${prefix}…`,
  },

  search: {
    label: 'Find a device',
    hint: 'End of a number, start of an id, SID',
    hintOfUser: 'A whole user id',
    userOnly:
      'This key finds devices by a whole user id only: it lacks the scope admin for the list of all.',
    askUser: 'Whose devices?',
    submit: 'Search',
    clear: 'Show all',
    invalid: 'Nothing can be found by this text.',
  },

  list: {
    title: 'Devices',
    ofUser: (user: string) => `Devices of ${user}`,
    found: (query: string) => `Search for “${query}”`,
    add: 'Add a device',
    deleteAll: 'Delete all …',
    show: 'Show',
    states: {
      all: 'All',
      locked: 'Locked',
      disabled: 'Disabled',
      unconfirmed: 'Unconfirmed',
    },
    sort: 'Sort by',
    orders: { user: 'User', name: 'Name', used: 'Last used', created: 'Newest' },
    loaded: (count: number) => `${plural(count, 'device', 'devices')}`,
    loadedSoFar: (count: number) => `${plural(count, 'device', 'devices')} loaded, there are more`,
    more: 'Load more',
    loadingMore: 'Loading more …',
    empty: 'No devices yet',
    emptyHint: 'Add one here, or register one through the API.',
    emptySearch: 'Nothing found',
    emptySearchHint: 'No number ends so, and no id begins so. A new device is found seconds later.',
    emptyState: 'No device is so now',
    emptyStateHint: 'All devices were looked at, not only those that were loaded.',
    used: 'used',
    neverUsed: 'never used',
    noName: 'no name',
  },

  status: {
    confirmed: 'Confirmed',
    unconfirmed: 'Unconfirmed',
    locked: 'Locked',
    disabled: 'Disabled',
  },

  number: {
    show: 'Show number',
    hide: 'Hide number',
    endingIn: (digits: string) => `number ending in ${digits}`,
  },

  device: {
    back: 'All devices',
    facts: 'Details',
    user: 'User',
    name: 'Name',
    country: 'Country',
    confirmed: 'Confirmed',
    established: 'Established',
    yes: 'Yes',
    no: 'No',
    created: 'Created',
    used: 'Last used',
    never: 'Never',
    id: 'Device id',

    state: 'Right now',
    verification: 'Verification',
    open: 'Open',
    openHint: 'A token would be looked at.',
    locked: 'Locked',
    lockedHint: (until: string) => `locked until ${until}`,
    disabled: 'Disabled',
    disabledHint: 'Only unlocking lets it in again.',
    failures: (count: number) =>
      count === 0 ? 'No failures' : `${plural(count, 'failure', 'failures')} in a row`,
    unlock: 'Unlock',
    unlocked: 'Unlocked: failures, lock and cooldown are cleared.',
    sending: 'Next SMS',
    sendingOpen: 'Possible',
    sendingHint: 'Nothing holds it back.',
    sendingNotSeen: 'No cooldown. This key does not see limits and suspensions.',
    sendingUnknown: 'No cooldown. Limits and suspensions are not known yet.',
    sendingHeld: 'Held back',
    sendingHeldHint: 'The reasons stand above.',
    cooldownHint: (until: string) => `possible from ${until}`,
    message: 'Last message',
    messageNone: 'None',
    messageNoneHint: 'Nothing was reported of a message.',
    statuses: {
      queued: 'On its way',
      sent: 'With the carrier',
      delivered: 'Delivered',
      undelivered: 'Undelivered',
      failed: 'Failed',
    },
    next: {
      retry: 'Try again later.',
      another_channel: 'Try another way, such as a call.',
      another_number: 'Ask for another number.',
    },
    pending: 'Pending token',
    pendingNone: 'None',
    pendingNoneHint: 'Send one below.',
    pendingHint: (until: string) => `good until ${until}`,

    phone: 'On the phone',
    phoneLead: 'Send a token, have it read out, and type it here.',
    channel: 'By',
    channels: { '': 'as usual', sms: 'SMS', call: 'Call', whatsapp: 'WhatsApp' },
    language: 'Language',
    languageOfNumber: 'of the number',
    send: 'Send a token',
    sendAgain: 'Send again',
    lockedTitle: 'The device is locked',
    lockedText: (until: string) => `No token is taken, not even the right one, until ${until}`,
    unlockFirst: 'Unlock it first',
    unlockFirstHint: 'Clears failures, lock and cooldown.',
    unlockAndSend: 'Unlock and send',
    sendAnyway: 'Send anyway',
    sending2: 'Sending …',
    sent: (number: string, length: number, until: string) =>
      `Sent to ${number}. The token has ${length} digits and is good until ${until}.`,
    sentAgain: (number: string, length: number, until: string) =>
      `The same token was sent again to ${number}. It has ${length} digits and is good until ${until}.`,
    token: 'Token',
    verify: 'Verify',
    verified: 'Right. The token is used now, and the device is confirmed.',
    tokenEmpty: 'Type the token from the SMS.',

    edit: 'Edit …',
    confirm: 'Confirm',
    unconfirm: 'Unconfirm',
    nowConfirmed: 'The device is confirmed.',
    nowUnconfirmed: 'The device is unconfirmed.',
    delete: 'Delete …',
    saved: 'Saved.',
  },

  reasons: {
    title: '“I get no SMS”',
    none: 'Nothing is known to be wrong: nothing holds the next message back, and the last one was not refused.',
    notYet: 'Not everything was looked at yet.',
    notSeen: (scope: Scope) =>
      `Limits and suspensions are not looked at here: this key lacks the scope ${scope}.`,
    at: (time: string) => `At ${time}.`,
    disabled: 'The device is disabled after too many wrong tokens',
    disabledHint: 'Only unlocking lets it in again, and sends to it.',
    countryOff: (country: string) => `Nothing is sent to ${country}`,
    countryOffHint: 'The country is switched off: OTP_TWILIO_ALLOWED_COUNTRIES lacks it.',
    noCountry: 'numbers of no known country',
    smsOff: 'No SMS are sent at all',
    smsOffHint: (channels: string) => `OTP_TWILIO_CHANNELS has ${channels} alone.`,
    testOver: 'A test number whose date has passed',
    testOverHint: 'Nothing is sent to it. The operator sets the date in OTP_TWILIO_TEST_NUMBERS.',
    suspended: (name: string) => `Messages to ${name} are suspended`,
    suspendedHint: (until: string) => `Too few of their tokens were verified. Until ${until}.`,
    lift: 'Lift',
    liftTitle: 'Lift the suspension?',
    liftText:
      'All numbers of this prefix or country are sent to again. If somebody pumps messages there, they cost money.',
    liftedNow: 'Lifted: messages are sent there again.',
    limit: (name: string) => `The limit is full: ${name}`,
    limits: {
      number: 'this number',
      number_all: 'this number over all its devices',
      user: 'this user',
      client: 'one client address',
      country: 'the country',
      deployment: 'all messages',
    },
    limitHint: (count: string, window: string, until: string) =>
      `${count} in ${window}; empty again at ${until}.`,
    seeLimits: 'See the limits',
    empty: 'Empty this limit',
    emptyTitle: 'Empty the limit?',
    emptyNumber: (digits: string) =>
      `What was sent to the number ending in ${digits} is no longer counted, so that messages are possible at once.`,
    emptyUser: (user: string) =>
      `What was sent to ${user} is no longer counted, so that messages are possible at once.`,
    emptySubmit: 'Empty',
    working: 'Working …',
    emptied: 'Emptied: the next message is possible.',
    cooldown: 'The last message was only just sent',
    refused: (why: string) => `The last message was refused: ${why}`,
    refusals: {
      limit_reached: 'the limit was full',
      suspended: 'its prefix or country was suspended',
      device_disabled: 'the device was disabled',
      country_not_allowed: 'the country was switched off',
    },
    refusedHint: (time: string) => `At ${time}. Nothing known holds it back any longer.`,
    failed: {
      undeliverable_number: 'Twilio does not send to this number',
      delivery_failed: 'Twilio refused the message; nothing was sent',
      delivery_busy: 'Twilio took no more messages; nothing was sent',
      delivery_unknown: 'Twilio did not answer: it is not known whether it was sent',
    },
    undelivered: {
      unreachable: 'The phone is off, out of reach, or there is no such number.',
      landline: 'The number is a landline, which takes no SMS.',
      blocked_by_carrier: 'The carrier or Twilio blocked the message.',
      opted_out: 'The user has opted out by replying STOP to the sender.',
      unknown: 'It did not arrive, and nobody says why.',
    },
  },

  twilio: {
    log: 'Its log at Twilio',
    debugger: 'Twilio’s debugger',
    codes: {
      21211: 'not a valid phone number',
      21408: 'the account may not send to this region',
      21610: 'the user has replied STOP',
      21614: 'not a mobile number',
      30003: 'the phone is switched off or without a network',
      30004: 'blocked by the carrier or the recipient',
      30005: 'the number is unknown or out of service',
      30006: 'a landline, or a carrier that cannot be reached',
      30007: 'filtered as unwanted by the carrier or Twilio',
      30008: 'the carrier gives no reason',
      30034: 'our US number is not registered (A2P 10DLC)',
    } as Record<number, string>,
  },

  timeline: {
    title: 'What happened',
    empty: 'Nothing is kept. What happens shows here seconds later.',
    more: 'Show earlier',
    resent: 'the same token again',
    suspended: { prefix: 'its prefix', country: 'its country' },
    types: {
      created: 'Registered',
      challenged: 'Token sent',
      challenge_refused: 'Nothing sent',
      challenge_failed: 'Sending failed',
      delivery: 'Delivery',
      verified: 'Right token',
      failed: 'Wrong token',
      used_up: 'Guesses used up',
      locked: 'Locked',
      disabled: 'Disabled',
      confirmed: 'Confirmed',
      number_changed: 'New number',
      reset: 'Unlocked',
      deleted: 'Deleted',
    },
    codes: {
      cooldown: 'cooldown',
      limit_reached: 'limit full',
      suspended: 'suspended',
      country_not_allowed: 'country switched off',
      device_disabled: 'device disabled',
      undeliverable_number: 'Twilio does not send to the number',
      delivery_failed: 'Twilio refused it',
      delivery_busy: 'Twilio was busy',
      delivery_unknown: 'no answer of Twilio',
      test_number_expired: 'test number is over',
    },
  },

  form: {
    addTitle: 'Add a device',
    user: 'User id',
    userHint: '1 to 128 letters, digits and . _ ~ : @ -',
    userInvalid: 'A user id has 1 to 128 letters, digits and . _ ~ : @ -',
    number: 'Number',
    numberHint: 'In any international spelling.',
    numberEmpty: 'Type a number.',
    name: 'Name',
    nameHint: 'At most 64 characters; may be empty.',
    confirmed: 'The number is known to be theirs',
    confirmedHint: 'Otherwise a right token confirms it.',
    add: 'Add',
    editTitle: 'Edit the device',
    newNumber: 'New number',
    newNumberHint: (number: string) => `Leave it empty to keep ${number}.`,
    numberWarning:
      'A new number unconfirms the device and ends its pending token: the user has to prove it again.',
    save: 'Save',
    saving: 'Saving …',
  },

  remove: {
    oneTitle: 'Delete this device?',
    one: (digits: string, user: string) =>
      `The device of ${user} with the number ending in ${digits} is deleted for good.`,
    oneSubmit: 'Delete',
    allTitle: 'Delete all devices?',
    all: (count: number, user: string) =>
      `${user} has ${plural(count, 'device', 'devices')}. All are deleted for good, and ${user} is without a second factor.`,
    allSubmit: 'Delete all',
    deleting: 'Deleting …',
    oneDone: (digits: string) => `The device with the number ending in ${digits} was deleted.`,
    allDone: (user: string) => `All devices of ${user} were deleted.`,
  },

  traffic: {
    title: 'Traffic',
    notSeen: 'This key does not see the traffic',
    range: 'Period',
    ranges: { 24: '24 hours', 72: '3 days', 168: '7 days' },
    asOf: (time: string) => `as of ${time}`,
    now: 'now',
    summary: 'All together',
    time: 'From',
    table: 'Show as a table',
    nothing: 'Nothing was sent in this time',
    nothingHint: 'What is sent shows here a few seconds later.',

    messages: 'Messages',
    sent: 'Sent',
    notSent: (count: string) => `${count} not sent`,
    verified: 'Verified',
    verifiedHint: (verified: string, failed: string) => `${verified} verified, ${failed} wrong`,
    conversion: 'Conversion',
    conversionHint: 'How many of the messages had their token verified.',
    spend: 'Estimated spend',
    spendHint: 'Twilio’s bill decides.',
    priced: 'By the prices of OTP_TWILIO_PRICES.',
    noPrices: 'OTP_TWILIO_PRICES is not set.',

    delivery: 'Delivery',
    deliveredHint: (undelivered: string, failed: string) =>
      `${undelivered} undelivered, ${failed} failed`,
    delivered: 'Delivered',
    undelivered: 'Undelivered',
    failed: 'Failed',
    untold: 'No word yet',
    of: (count: string, whole: string) => `${count} of ${whole}`,

    countries: 'Countries',
    otherCountries: 'Unknown and others',
    ofCountry: (sent: string, conversion: string) => `${sent} sent, ${conversion} verified`,
    moreCountries: (count: number, sent: string) =>
      `${plural(count, 'more country', 'more countries')}, ${sent} sent`,

    classes: 'Known and new',
    established: 'Established devices',
    others: 'All others',
    classesHint:
      'An established device has had a token verified for its number lately; neither the breaker nor strangers keep messages from it.',

    limits: 'Limits on sends',
    limitsOff: 'No limit is in force.',
    clientNotSeen:
      'The caller’s own address has a limit, too: this page does not know how full it is.',
    limitsRecorded: 'Only recorded: nothing is refused.',
    deployment: 'All messages',
    number: 'Each number',
    number_all: 'Each number with all its devices',
    user: 'Each user',
    client: 'Each client address',
    country: 'Each country',
    within: (most: string, window: string) => `${most} in ${window}`,
    limited: (name: string, window: string) => `${name} in ${window}`,
    emptyAt: (time: string) => `empties at ${time}`,
    full: 'full',

    suspended: 'Suspended',
    noneSuspended: 'Nothing is: what is sent to each prefix and country is verified often enough.',
    suspensionsRecorded: 'Only recorded: nothing is refused.',
    breakerOff: 'The breaker is off.',
    verifiedOf: (verified: string, sent: string) => `${verified} of ${sent} verified`,
    lift: 'Lift',
    liftOf: (name: string) => `Lift the suspension of ${name}`,
    lifted: (name: string) => `${name} is sent to again.`,
    allowed: (names: string) => `Always allowed: ${names}.`,
  },

  notFound: {
    title: 'No such page',
    text: 'The address leads to nothing in this console.',
  },

  problems: {
    invalid_id: () => 'The user id or device id has a form that the API does not take.',
    invalid_body: failure => failure.detail ?? 'The API did not take what was typed.',
    invalid_query: failure => failure.detail ?? 'The API did not take the search.',
    invalid_cursor: () => 'The list has moved on. Refresh it.',
    missing_api_key: () => 'The API asks for a key.',
    invalid_api_key: () => 'The API does not know this key. It was mistyped, or taken away.',
    missing_scope: ({ detail }) => `This key may not do this. ${detail ?? ''}`.trim(),
    invalid_token: ({ failureCount }, until) =>
      `The token is wrong, used or expired. ${plural(failureCount ?? 1, 'failure', 'failures')} in a row${until ? `; locked until ${until}` : ''}.`,
    token_used_up: () =>
      'The token was guessed wrongly too often, and is not looked at any more. Send a new one.',
    no_token: () =>
      'The device has no token to check: none was sent, or it was used. Send a new one.',
    challenge_replaced: () => 'A newer token was sent since. Send one more, and ask for that.',
    device_disabled: () => 'The device failed too often. Only unlocking lets it in again.',
    device_not_found: () => 'The user has no such device. It may have been deleted.',
    challenge_in_progress: () =>
      'This challenge was begun and has no outcome yet; nothing was sent again.',
    invalid_number: () => 'This cannot be a phone number. Give it as +12025550142.',
    number_type_not_allowed: () =>
      'A message to a number of this type costs too much. Take a mobile or a landline.',
    too_many_devices: failure =>
      failure.detail ?? 'There are too many devices already. Delete one first.',
    undeliverable_number: ({ twilioCode }) =>
      `Twilio does not send to this number${twilioCode ? ` (Twilio ${twilioCode})` : ''}; nothing was sent.`,
    cooldown: (_, until) =>
      `The last SMS was too short a time ago; nothing was sent.${until ? ` Possible from ${until}.` : ''}`,
    country_not_allowed: () =>
      'No SMS are sent to the country of this number; nothing was changed or sent.',
    channel_not_enabled: () => 'This way to the phone is not switched on; nothing was sent.',
    test_number_expired: () =>
      'This is a test number, and its date has passed; nothing was sent. The operator sets the date.',
    nothing_to_resend: () => 'The device has no valid token to send again. Send a new one.',
    suspended: () =>
      'Too few of the messages to this prefix or country were verified. Nothing is sent there for now.',
    limit_reached: ({ limit }) =>
      `The limit on SMS${limit ? ` (${limit})` : ''} is reached; nothing was sent. Try again later.`,
    throttled: (_, until) =>
      `The device is locked after failures; the token was not even looked at.${until ? ` Locked until ${until}.` : ''}`,
    internal_error: ({ requestId }) =>
      `Something went wrong in the service.${requestId ? ` Request ${requestId} is in its log.` : ''}`,
    not_configured: () => 'The service is not set up rightly. Its log names the setting.',
    delivery_failed: ({ twilioCode }) =>
      `Twilio did not take the message${twilioCode ? ` (Twilio ${twilioCode})` : ''}; nothing was sent.`,
    delivery_busy: () => 'Twilio takes no more messages now; nothing was sent. Try again soon.',
    unavailable: () => 'The service could not answer in time. Try again.',
    delivery_unknown: () =>
      'It is not known whether the SMS was sent. If it arrives, its token is good.',
    no_answer: ({ status }) =>
      status === 0
        ? 'The service cannot be reached. Is the network there?'
        : `The service answered in a form that is not its own (${status}).`,
    gateway_throttled: () => 'Too many requests at once. Wait a moment and try again.',
    unreadable: ({ status }) => `The service answered in a form that is not its own (${status}).`,
  } satisfies Record<ShownCode, Sentence> as Record<ShownCode, Sentence>,
}

/** The strings of one language. */
export type Strings = typeof en

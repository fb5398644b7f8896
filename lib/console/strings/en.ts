// Every string of the console in English. The compiler checks that de.ts has the
// same ones in German.
import type { Failure } from '../api.ts'

/** A sentence about a failure; `until` is a local time, or null. */
type Sentence = (failure: Failure, until: string | null) => string

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

  signIn: {
    title: 'Sign in',
    lead: 'Look up phones, unlock them and help people who cannot get in.',
    key: 'API key',
    keyHint:
      'It needs the scope admin to look around, and devices:read, devices:write, challenge and verify for the rest.',
    keep: 'Keep it until this tab is closed',
    keepHint: 'Otherwise a reload asks for it again.',
    submit: 'Sign in',
    submitting: 'Signing in …',
    empty: 'Type an API key.',
    malformed: 'An API key has no spaces and only plain letters, digits and signs.',
    signOut: 'Sign out',
    refused: 'You were signed out.',
  },

  search: {
    label: 'User id or number',
    hint: 'A number in any spelling, such as +1 415 555 2671.',
    submit: 'Search',
    clear: 'Show all',
    invalid: 'This is neither a user id (letters, digits and . _ ~ : @ -) nor a number.',
  },

  list: {
    title: 'Devices',
    ofUser: (user: string) => `Devices of ${user}`,
    found: (query: string) => `Search for “${query}”`,
    add: 'Add a device',
    deleteAll: 'Delete all …',
    confirmed: 'Confirmed',
    lock: 'Lock',
    any: 'Any',
    yes: 'Confirmed',
    no: 'Not confirmed',
    locked: 'Locked',
    open: 'Not locked',
    loaded: (count: number) => `${plural(count, 'device', 'devices')}`,
    loadedSoFar: (count: number) => `${plural(count, 'device', 'devices')} loaded, there are more`,
    matching: (shown: number, loaded: number) =>
      `${shown} of ${plural(loaded, 'device', 'devices')}`,
    matchingSoFar: (shown: number, loaded: number) =>
      `${shown} of the ${loaded} loaded so far; the filters know nothing of the rest`,
    more: 'Load more',
    loadingMore: 'Loading more …',
    end: 'That is all.',
    empty: 'No devices yet',
    emptyHint: 'Add one here, or register one through the API.',
    emptySearch: 'Nothing found',
    emptySearchHint: 'No user has this id, and no device this number.',
    emptyFilter: 'No loaded device matches the filters',
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
    number: 'Number',
    confirmed: 'Confirmed',
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
    cooldownHint: (until: string) => `possible from ${until}`,
    pending: 'Pending token',
    pendingNone: 'None',
    pendingNoneHint: 'Send one below.',
    pendingHint: (until: string) => `good until ${until}`,

    phone: 'On the phone',
    phoneLead: 'Send a token, have it read out, and type it here.',
    send: 'Send a token',
    sending2: 'Sending …',
    sent: (number: string, length: number, until: string) =>
      `Sent to ${number}. The token has ${length} digits and is good until ${until}.`,
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
    invalid_json: () => 'The API could not read the request.',
    invalid_body: failure => failure.detail ?? 'The API did not take what was typed.',
    invalid_query: failure => failure.detail ?? 'The API did not take the search.',
    invalid_cursor: () => 'The list has moved on. Refresh it.',
    invalid_idempotency_key: () => 'The API did not take the request’s own name.',
    missing_api_key: () => 'The API asks for a key.',
    invalid_api_key: () => 'The API does not know this key. It was mistyped, or taken away.',
    missing_scope: failure => `The key may not do this. ${failure.detail ?? ''}`.trim(),
    invalid_token: ({ failureCount }, until) =>
      `The token is wrong, used or expired. ${plural(failureCount ?? 1, 'failure', 'failures')} in a row${until ? `; locked until ${until}` : ''}.`,
    token_used_up: () =>
      'The token was guessed wrongly too often, and is not looked at any more. Send a new one.',
    no_token: () =>
      'The device has no token to check: none was sent, or it was used. Send a new one.',
    challenge_replaced: () => 'A newer token was sent since. Send one more, and ask for that.',
    device_disabled: () => 'The device failed too often. Only unlocking lets it in again.',
    device_not_found: () => 'The user has no such device. It may have been deleted.',
    route_not_found: () => 'The API has no such address.',
    method_not_allowed: () => 'The API does not do this here.',
    challenge_in_progress: () =>
      'This challenge was begun and has no outcome yet; nothing was sent again.',
    idempotency_key_reused: () =>
      'The same key was used for another request; nothing was changed or sent.',
    body_too_large: () => 'That is too much text for one request.',
    unsupported_media_type: () => 'The API could not read the request.',
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
    challenge_not_found: () => 'No token was ever sent to this device.',
    nothing_to_resend: () => 'The device has no valid token to send again. Send a new one.',
    invalid_signature: () => 'The request was not signed by Twilio; nothing was changed.',
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
  } satisfies Record<Failure['code'], Sentence> as Record<Failure['code'], Sentence>,
}

/** The strings of one language. */
export type Strings = typeof en

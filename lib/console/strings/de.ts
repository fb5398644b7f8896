// Every string of the console in German. Jeder Text der Konsole auf Deutsch.
import type { Strings } from './en.ts'

const plural = (count: number, one: string, many: string) => `${count} ${count === 1 ? one : many}`

/** The German strings. */
export const de: Strings = {
  language: 'de',
  otherLanguage: { code: 'en', name: 'English' },
  title: 'Gerätekonsole',
  skip: 'Zum Inhalt',
  screens: 'Ansichten',
  slow: 'Das dauert länger als sonst …',
  loading: 'Wird geladen …',
  retry: 'Noch einmal',
  refresh: 'Aktualisieren',
  cancel: 'Abbrechen',
  code: 'Code',
  lacks: scope => `Diesem Schlüssel fehlt der Umfang ${scope}.`,

  signIn: {
    title: 'Anmelden',
    lead: 'Telefone nachschlagen, entsperren und Menschen helfen, die nicht hineinkommen.',
    key: 'API-Schlüssel',
    keyHint: 'Was er nicht darf, ist hier ausgegraut. Jeder Mensch hat seinen eigenen.',
    keep: 'Behalten, bis dieser Tab geschlossen wird',
    keepHint: 'Sonst wird nach jedem Neuladen wieder danach gefragt.',
    submit: 'Anmelden',
    submitting: 'Wird angemeldet …',
    empty: 'Geben Sie einen API-Schlüssel ein.',
    malformed:
      'Ein API-Schlüssel hat keine Leerzeichen und nur einfache Buchstaben, Ziffern und Zeichen.',
    signOut: 'Abmelden',
    refused: 'Sie wurden abgemeldet.',
    idle: 'Sie wurden abgemeldet, weil diese Seite eine Weile niemand berührt hat.',
    as: 'Angemeldet als',
    until: day => `Der letzte Tag dieses Schlüssels ist der ${day}.`,
    users: prefix => `Benutzer ${prefix}…`,
  },

  search: {
    label: 'Gerät finden',
    hint: 'Ende einer Nummer, Anfang einer ID, SID',
    hintOfUser: 'Eine ganze Benutzer-ID',
    userOnly:
      'Dieser Schlüssel findet Geräte nur über eine ganze Benutzer-ID: Für die Liste aller fehlt ihm der Umfang admin.',
    askUser: 'Wessen Geräte?',
    submit: 'Suchen',
    clear: 'Alle zeigen',
    invalid: 'Mit diesem Text lässt sich nichts finden.',
  },

  list: {
    title: 'Geräte',
    ofUser: user => `Geräte von ${user}`,
    found: query => `Suche nach „${query}“`,
    add: 'Gerät hinzufügen',
    deleteAll: 'Alle löschen …',
    show: 'Zeigen',
    states: {
      all: 'Alle',
      locked: 'Gesperrte',
      disabled: 'Stillgelegte',
      unconfirmed: 'Unbestätigte',
    },
    sort: 'Nach',
    orders: { user: 'Benutzer', name: 'Name', used: 'Benutzung', created: 'Neuestem' },
    loaded: count => plural(count, 'Gerät', 'Geräte'),
    loadedSoFar: count => `${plural(count, 'Gerät', 'Geräte')} geladen, es gibt mehr`,
    more: 'Mehr laden',
    loadingMore: 'Mehr wird geladen …',
    empty: 'Noch keine Geräte',
    emptyHint: 'Fügen Sie hier eines hinzu, oder registrieren Sie eines über die API.',
    emptySearch: 'Nichts gefunden',
    emptySearchHint:
      'Keine Nummer endet so, und keine ID beginnt so. Ein neues Gerät wird Sekunden später gefunden.',
    emptyState: 'Kein Gerät ist jetzt so',
    emptyStateHint: 'Alle Geräte wurden angesehen, nicht nur die geladenen.',
    used: 'benutzt',
    neverUsed: 'nie benutzt',
    noName: 'ohne Namen',
  },

  status: {
    confirmed: 'Bestätigt',
    unconfirmed: 'Unbestätigt',
    locked: 'Gesperrt',
    disabled: 'Stillgelegt',
  },

  number: {
    show: 'Nummer zeigen',
    hide: 'Nummer verbergen',
    endingIn: digits => `Nummer mit Ende ${digits}`,
  },

  device: {
    back: 'Alle Geräte',
    facts: 'Angaben',
    user: 'Benutzer',
    name: 'Name',
    country: 'Land',
    confirmed: 'Bestätigt',
    established: 'Bewährt',
    yes: 'Ja',
    no: 'Nein',
    created: 'Angelegt',
    used: 'Zuletzt benutzt',
    never: 'Nie',
    id: 'Geräte-ID',

    state: 'Im Augenblick',
    verification: 'Prüfung',
    open: 'Offen',
    openHint: 'Ein Code würde angesehen.',
    locked: 'Gesperrt',
    lockedHint: until => `gesperrt bis ${until}`,
    disabled: 'Stillgelegt',
    disabledHint: 'Nur Entsperren lässt es wieder zu.',
    failures: count =>
      count === 0 ? 'Keine Fehlversuche' : plural(count, 'Fehlversuch', 'Fehlversuche in Folge'),
    unlock: 'Entsperren',
    unlocked: 'Entsperrt: Fehlversuche, Sperre und Wartezeit sind gelöscht.',
    sending: 'Nächste SMS',
    sendingOpen: 'Möglich',
    sendingHint: 'Nichts hält sie auf.',
    sendingNotSeen: 'Keine Wartezeit. Grenzen und Aussetzungen sieht dieser Schlüssel nicht.',
    sendingUnknown: 'Keine Wartezeit. Grenzen und Aussetzungen sind noch nicht bekannt.',
    sendingHeld: 'Aufgehalten',
    sendingHeldHint: 'Die Gründe stehen oben.',
    cooldownHint: until => `möglich ab ${until}`,
    message: 'Letzte Nachricht',
    messageNone: 'Keine',
    messageNoneHint: 'Von keiner Nachricht wurde etwas gemeldet.',
    statuses: {
      queued: 'Unterwegs',
      sent: 'Beim Netz',
      delivered: 'Zugestellt',
      undelivered: 'Nicht zugestellt',
      failed: 'Gescheitert',
    },
    next: {
      retry: 'Später noch einmal versuchen.',
      another_channel: 'Einen anderen Weg versuchen, etwa einen Anruf.',
      another_number: 'Nach einer anderen Nummer fragen.',
    },
    pending: 'Offener Code',
    pendingNone: 'Keiner',
    pendingNoneHint: 'Unten lässt sich einer senden.',
    pendingHint: until => `gültig bis ${until}`,

    phone: 'Am Telefon',
    phoneLead: 'Einen Code senden, vorlesen lassen und hier eingeben.',
    channel: 'Per',
    channels: { '': 'wie üblich', sms: 'SMS', call: 'Anruf', whatsapp: 'WhatsApp' },
    language: 'Sprache',
    languageOfNumber: 'der Nummer',
    send: 'Code senden',
    sendAgain: 'Noch einmal senden',
    lockedTitle: 'Das Gerät ist gesperrt',
    lockedText: until => `Kein Code wird genommen, auch kein richtiger, bis ${until}`,
    unlockFirst: 'Erst entsperren',
    unlockFirstHint: 'Löscht Fehlversuche, Sperre und Wartezeit.',
    unlockAndSend: 'Entsperren und senden',
    sendAnyway: 'Trotzdem senden',
    sending2: 'Wird gesendet …',
    sent: (number, length, until) =>
      `An ${number} gesendet. Der Code hat ${length} Ziffern und gilt bis ${until}.`,
    sentAgain: (number, length, until) =>
      `Derselbe Code wurde noch einmal an ${number} gesendet. Er hat ${length} Ziffern und gilt bis ${until}.`,
    token: 'Code',
    verify: 'Prüfen',
    verified: 'Richtig. Der Code ist verbraucht und das Gerät bestätigt.',
    tokenEmpty: 'Geben Sie den Code aus der SMS ein.',

    edit: 'Bearbeiten …',
    confirm: 'Bestätigen',
    unconfirm: 'Bestätigung aufheben',
    nowConfirmed: 'Das Gerät ist bestätigt.',
    nowUnconfirmed: 'Das Gerät ist nicht mehr bestätigt.',
    delete: 'Löschen …',
    saved: 'Gespeichert.',
  },

  reasons: {
    title: '„Ich bekomme keine SMS“',
    none: 'Kein Fehler ist bekannt: Nichts hält die nächste Nachricht auf, und die letzte wurde nicht abgelehnt.',
    notYet: 'Noch wurde nicht alles angesehen.',
    notSeen: scope =>
      `Grenzen und Aussetzungen werden hier nicht angesehen: Diesem Schlüssel fehlt der Umfang ${scope}.`,
    at: time => `Um ${time}.`,
    disabled: 'Das Gerät ist nach zu vielen falschen Codes stillgelegt',
    disabledHint: 'Nur Entsperren lässt es wieder zu, und sendet wieder an es.',
    countryOff: country => `Nach ${country} wird nichts gesendet`,
    countryOffHint: 'Das Land ist abgeschaltet: Es fehlt in OTP_TWILIO_ALLOWED_COUNTRIES.',
    noCountry: 'Nummern ohne bekanntes Land',
    smsOff: 'SMS werden gar nicht gesendet',
    smsOffHint: channels => `OTP_TWILIO_CHANNELS hat nur ${channels}.`,
    testOver: 'Eine Testnummer, deren Datum vorbei ist',
    testOverHint:
      'An sie wird nichts gesendet. Der Betreiber setzt das Datum in OTP_TWILIO_TEST_NUMBERS.',
    suspended: name => `Nachrichten an ${name} sind ausgesetzt`,
    suspendedHint: until => `Zu wenige ihrer Codes wurden eingelöst. Bis ${until}.`,
    lift: 'Aufheben',
    liftTitle: 'Die Aussetzung aufheben?',
    liftText:
      'An alle Nummern dieser Vorwahl oder dieses Landes wird wieder gesendet. Pumpt dort jemand Nachrichten, kosten sie Geld.',
    liftedNow: 'Aufgehoben: Dorthin wird wieder gesendet.',
    limit: name => `Die Grenze ist erreicht: ${name}`,
    limits: {
      number: 'diese Nummer',
      number_all: 'diese Nummer mit allen ihren Geräten',
      user: 'dieser Benutzer',
      client: 'eine Client-Adresse',
      country: 'das Land',
      deployment: 'alle Nachrichten',
    },
    limitHint: (count, window, until) => `${count} in ${window}; leer wieder um ${until}.`,
    seeLimits: 'Zu den Grenzen',
    empty: 'Grenze leeren',
    emptyTitle: 'Die Grenze leeren?',
    emptyNumber: digits =>
      `Was an die Nummer mit Ende ${digits} ging, zählt nicht mehr, sodass sofort wieder gesendet werden kann.`,
    emptyUser: user =>
      `Was an ${user} ging, zählt nicht mehr, sodass sofort wieder gesendet werden kann.`,
    emptySubmit: 'Leeren',
    working: 'Läuft …',
    emptied: 'Geleert: Die nächste Nachricht ist möglich.',
    cooldown: 'Die letzte Nachricht wurde gerade erst gesendet',
    refused: why => `Die letzte Nachricht wurde abgelehnt: ${why}`,
    refusals: {
      limit_reached: 'Die Grenze war erreicht',
      suspended: 'Ihre Vorwahl oder ihr Land war ausgesetzt',
      device_disabled: 'Das Gerät war stillgelegt',
      country_not_allowed: 'Das Land war abgeschaltet',
    },
    refusedHint: time => `Um ${time}. Nichts Bekanntes hält sie noch auf.`,
    failed: {
      undeliverable_number: 'Twilio sendet nicht an diese Nummer',
      delivery_failed: 'Twilio nahm die Nachricht nicht an; nichts wurde gesendet',
      delivery_busy: 'Twilio nahm nichts mehr an; nichts wurde gesendet',
      delivery_unknown: 'Twilio antwortete nicht: Ob sie gesendet wurde, ist nicht bekannt',
    },
    undelivered: {
      unreachable: 'Das Telefon ist aus, ohne Netz, oder es gibt die Nummer nicht.',
      landline: 'Die Nummer ist ein Festnetzanschluss, der keine SMS nimmt.',
      blocked_by_carrier: 'Der Netzbetreiber oder Twilio hat die Nachricht blockiert.',
      opted_out: 'Der Benutzer hat sich mit STOP beim Absender abgemeldet.',
      unknown: 'Sie kam nicht an, und niemand sagt, warum.',
    },
  },

  twilio: {
    log: 'Ihr Protokoll bei Twilio',
    debugger: 'Twilios Debugger',
    codes: {
      21211: 'keine gültige Telefonnummer',
      21408: 'das Konto darf nicht in diese Region senden',
      21610: 'der Benutzer hat STOP geantwortet',
      21614: 'keine Mobilfunknummer',
      30003: 'das Telefon ist aus oder ohne Netz',
      30004: 'vom Netz oder vom Empfänger blockiert',
      30005: 'die Nummer ist unbekannt oder außer Betrieb',
      30006: 'Festnetz, oder ein Netz, das nicht zu erreichen ist',
      30007: 'vom Netz oder von Twilio als unerwünscht gefiltert',
      30008: 'das Netz nennt keinen Grund',
      30034: 'unsere US-Nummer ist nicht registriert (A2P 10DLC)',
    },
  },

  timeline: {
    title: 'Was geschah',
    empty: 'Nichts ist aufgehoben. Was geschieht, erscheint hier Sekunden später.',
    more: 'Früheres zeigen',
    resent: 'derselbe Code noch einmal',
    suspended: { prefix: 'ihre Vorwahl', country: 'ihr Land' },
    types: {
      created: 'Registriert',
      challenged: 'Code gesendet',
      challenge_refused: 'Nichts gesendet',
      challenge_failed: 'Senden gescheitert',
      delivery: 'Zustellung',
      verified: 'Richtiger Code',
      failed: 'Falscher Code',
      used_up: 'Versuche verbraucht',
      locked: 'Gesperrt',
      disabled: 'Stillgelegt',
      confirmed: 'Bestätigt',
      number_changed: 'Neue Nummer',
      reset: 'Entsperrt',
      deleted: 'Gelöscht',
    },
    codes: {
      cooldown: 'Wartezeit',
      limit_reached: 'Grenze erreicht',
      suspended: 'ausgesetzt',
      country_not_allowed: 'Land abgeschaltet',
      device_disabled: 'Gerät stillgelegt',
      undeliverable_number: 'Twilio sendet nicht an die Nummer',
      delivery_failed: 'Twilio nahm sie nicht an',
      delivery_busy: 'Twilio war beschäftigt',
      delivery_unknown: 'keine Antwort von Twilio',
      test_number_expired: 'Testnummer ist vorbei',
    },
  },

  form: {
    addTitle: 'Gerät hinzufügen',
    user: 'Benutzer-ID',
    userHint: '1 bis 128 Buchstaben, Ziffern und . _ ~ : @ -',
    userInvalid: 'Eine Benutzer-ID hat 1 bis 128 Buchstaben, Ziffern und . _ ~ : @ -',
    number: 'Nummer',
    numberHint: 'In jeder internationalen Schreibweise.',
    numberEmpty: 'Geben Sie eine Nummer ein.',
    name: 'Name',
    nameHint: 'Höchstens 64 Zeichen; darf leer sein.',
    confirmed: 'Die Nummer gehört bekanntlich dem Benutzer',
    confirmedHint: 'Sonst bestätigt ein richtiger Code sie.',
    add: 'Hinzufügen',
    editTitle: 'Gerät bearbeiten',
    newNumber: 'Neue Nummer',
    newNumberHint: number => `Leer lassen, um ${number} zu behalten.`,
    numberWarning:
      'Eine neue Nummer hebt die Bestätigung auf und beendet den offenen Code: Der Benutzer muss sie neu beweisen.',
    save: 'Speichern',
    saving: 'Wird gespeichert …',
  },

  remove: {
    oneTitle: 'Dieses Gerät löschen?',
    one: (digits, user) =>
      `Das Gerät von ${user} mit der Nummer mit Ende ${digits} wird endgültig gelöscht.`,
    oneSubmit: 'Löschen',
    allTitle: 'Alle Geräte löschen?',
    all: (count, user) =>
      `${user} hat ${plural(count, 'Gerät', 'Geräte')}. Alle werden endgültig gelöscht, und ${user} hat dann keinen zweiten Faktor.`,
    allSubmit: 'Alle löschen',
    deleting: 'Wird gelöscht …',
    oneDone: digits => `Das Gerät mit der Nummer mit Ende ${digits} wurde gelöscht.`,
    allDone: user => `Alle Geräte von ${user} wurden gelöscht.`,
  },

  traffic: {
    title: 'Verkehr',
    notSeen: 'Dieser Schlüssel sieht den Verkehr nicht',
    range: 'Zeitraum',
    ranges: { 24: '24 Stunden', 72: '3 Tage', 168: '7 Tage' },
    asOf: time => `Stand ${time}`,
    now: 'jetzt',
    summary: 'Alles zusammen',
    time: 'Ab',
    table: 'Als Tabelle zeigen',
    nothing: 'In dieser Zeit wurde nichts gesendet',
    nothingHint: 'Was gesendet wird, erscheint hier einige Sekunden später.',

    messages: 'Nachrichten',
    sent: 'Gesendet',
    notSent: count => `${count} nicht gesendet`,
    verified: 'Eingelöst',
    verifiedHint: (verified, failed) => `${verified} eingelöst, ${failed} falsch`,
    conversion: 'Einlösequote',
    conversionHint: 'Von wie vielen Nachrichten der Code eingelöst wurde.',
    spend: 'Geschätzte Kosten',
    spendHint: 'Twilios Rechnung gilt.',
    priced: 'Nach den Preisen in OTP_TWILIO_PRICES.',
    noPrices: 'OTP_TWILIO_PRICES ist nicht gesetzt.',

    delivery: 'Zustellung',
    deliveredHint: (undelivered, failed) =>
      `${undelivered} nicht zugestellt, ${failed} gescheitert`,
    delivered: 'Zugestellt',
    undelivered: 'Nicht zugestellt',
    failed: 'Gescheitert',
    untold: 'Noch nichts bekannt',
    of: (count, whole) => `${count} von ${whole}`,

    countries: 'Länder',
    otherCountries: 'Unbekannt und andere',
    ofCountry: (sent, conversion) => `${sent} gesendet, ${conversion} eingelöst`,
    moreCountries: (count, sent) =>
      `${plural(count, 'weiteres Land', 'weitere Länder')}, ${sent} gesendet`,

    classes: 'Bekannte und neue',
    established: 'Bewährte Geräte',
    others: 'Alle anderen',
    classesHint:
      'Für die Nummer eines bewährten Geräts wurde vor Kurzem ein Code eingelöst; weder die Sicherung noch Fremde halten Nachrichten von ihm fern.',

    limits: 'Grenzen für den Versand',
    limitsOff: 'Keine Grenze gilt.',
    clientNotSeen:
      'Auch die Adresse des Anrufers hat eine Grenze: Wie voll sie ist, weiß diese Seite nicht.',
    limitsRecorded: 'Nur mitgezählt: nichts wird abgelehnt.',
    deployment: 'Alle Nachrichten',
    number: 'Jede Nummer',
    number_all: 'Jede Nummer mit allen ihren Geräten',
    user: 'Jeder Benutzer',
    client: 'Jede Client-Adresse',
    country: 'Jedes Land',
    within: (most, window) => `${most} in ${window}`,
    limited: (name, window) => `${name} in ${window}`,
    emptyAt: time => `leert sich um ${time}`,
    full: 'voll',

    suspended: 'Ausgesetzt',
    noneSuspended: 'Nichts: Was an Vorwahlen und Länder geht, wird oft genug bestätigt.',
    suspensionsRecorded: 'Nur gezählt: Abgelehnt wird nichts.',
    breakerOff: 'Die Sicherung ist aus.',
    verifiedOf: (verified: string, sent: string) => `${verified} von ${sent} bestätigt`,
    lift: 'Aufheben',
    liftOf: (name: string) => `Aussetzung von ${name} aufheben`,
    lifted: (name: string) => `An ${name} wird wieder gesendet.`,
    allowed: (names: string) => `Immer erlaubt: ${names}.`,
  },

  notFound: {
    title: 'Keine solche Seite',
    text: 'Die Adresse führt in dieser Konsole zu nichts.',
  },

  problems: {
    invalid_id: () => 'Benutzer-ID oder Geräte-ID haben eine Form, die die API nicht nimmt.',
    invalid_body: () => 'Die API nimmt die Eingabe so nicht an.',
    invalid_query: () => 'Die API nimmt die Suche so nicht an.',
    invalid_cursor: () => 'Die Liste hat sich verschoben. Bitte aktualisieren.',
    missing_api_key: () => 'Die API verlangt einen Schlüssel.',
    invalid_api_key: () =>
      'Die API kennt diesen Schlüssel nicht. Er ist vertippt oder wurde entzogen.',
    missing_scope: ({ detail }) =>
      `Der Schlüssel darf das nicht: Ihm fehlt der Umfang ${/scope (\S+?)\.?$/.exec(detail ?? '')?.[1] ?? 'dafür'}.`,
    invalid_token: ({ failureCount }, until) =>
      `Der Code ist falsch, verbraucht oder abgelaufen. ${plural(failureCount ?? 1, 'Fehlversuch', 'Fehlversuche in Folge')}${until ? `; gesperrt bis ${until}` : ''}.`,
    token_used_up: () =>
      'Der Code wurde zu oft falsch eingegeben und wird nicht mehr geprüft. Senden Sie einen neuen.',
    no_token: () =>
      'Es gibt keinen Code zu prüfen: Es wurde keiner gesendet, oder er ist verbraucht. Senden Sie einen neuen.',
    challenge_replaced: () =>
      'Inzwischen wurde ein neuerer Code gesendet. Senden Sie noch einen, und fragen Sie nach diesem.',
    device_disabled: () =>
      'Das Gerät hatte zu viele Fehlversuche. Nur Entsperren lässt es wieder zu.',
    device_not_found: () =>
      'Der Benutzer hat kein solches Gerät. Vielleicht wurde es schon gelöscht.',
    challenge_in_progress: () =>
      'Dieser Versand läuft noch und hat kein Ergebnis; nichts wurde noch einmal gesendet.',
    invalid_number: () => 'Das kann keine Telefonnummer sein. Schreiben Sie sie wie +4930901820.',
    number_type_not_allowed: () =>
      'Eine Nachricht an eine Nummer dieser Art kostet zu viel. Nehmen Sie Mobilfunk oder Festnetz.',
    too_many_devices: () => 'Es gibt schon zu viele Geräte. Löschen Sie erst eines.',
    undeliverable_number: ({ twilioCode }) =>
      `Twilio sendet nicht an diese Nummer${twilioCode ? ` (Twilio ${twilioCode})` : ''}; nichts wurde gesendet.`,
    cooldown: (_, until) =>
      `Die letzte SMS ist zu kurz her; nichts wurde gesendet.${until ? ` Möglich ab ${until}.` : ''}`,
    country_not_allowed: () =>
      'In das Land dieser Nummer werden keine SMS gesendet; nichts wurde geändert oder gesendet.',
    channel_not_enabled: () =>
      'Dieser Weg zum Telefon ist nicht eingeschaltet; nichts wurde gesendet.',
    test_number_expired: () =>
      'Das ist eine Testnummer, und ihr Datum ist vorbei; nichts wurde gesendet. Das Datum setzt der Betreiber.',
    nothing_to_resend: () =>
      'Das Gerät hat keinen gültigen Code, der noch einmal gesendet werden könnte. Einen neuen senden.',
    suspended: () =>
      'Von den Nachrichten an diese Vorwahl oder dieses Land wurden zu wenige bestätigt. Dorthin wird vorerst nichts gesendet.',
    limit_reached: ({ limit }) =>
      `Die Grenze für SMS${limit ? ` (${limit})` : ''} ist erreicht; nichts wurde gesendet. Später noch einmal versuchen.`,
    throttled: (_, until) =>
      `Das Gerät ist nach Fehlversuchen gesperrt; der Code wurde nicht einmal angesehen.${until ? ` Gesperrt bis ${until}.` : ''}`,
    internal_error: ({ requestId }) =>
      `Im Dienst ging etwas schief.${requestId ? ` Die Anfrage ${requestId} steht in seinem Protokoll.` : ''}`,
    not_configured: () =>
      'Der Dienst ist nicht richtig eingestellt. Sein Protokoll nennt die Einstellung.',
    delivery_failed: ({ twilioCode }) =>
      `Twilio nahm die Nachricht nicht an${twilioCode ? ` (Twilio ${twilioCode})` : ''}; nichts wurde gesendet.`,
    delivery_busy: () =>
      'Twilio nimmt gerade nichts mehr an; nichts wurde gesendet. Bald noch einmal versuchen.',
    unavailable: () => 'Der Dienst konnte nicht rechtzeitig antworten. Noch einmal versuchen.',
    delivery_unknown: () =>
      'Ob die SMS gesendet wurde, ist nicht bekannt. Kommt sie an, ist ihr Code gut.',
    no_answer: ({ status }) =>
      status === 0
        ? 'Der Dienst ist nicht zu erreichen. Gibt es ein Netz?'
        : `Der Dienst antwortete in einer Form, die nicht seine ist (${status}).`,
    gateway_throttled: () => 'Zu viele Anfragen auf einmal. Kurz warten und noch einmal versuchen.',
    unreadable: ({ status }) =>
      `Der Dienst antwortete in einer Form, die nicht seine ist (${status}).`,
  },
}

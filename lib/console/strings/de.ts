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

  signIn: {
    title: 'Anmelden',
    lead: 'Telefone nachschlagen, entsperren und Menschen helfen, die nicht hineinkommen.',
    key: 'API-Schlüssel',
    keyHint:
      'Er braucht den Umfang admin zum Nachschlagen und devices:read, devices:write, challenge und verify für den Rest.',
    keep: 'Behalten, bis dieser Tab geschlossen wird',
    keepHint: 'Sonst wird nach jedem Neuladen wieder danach gefragt.',
    submit: 'Anmelden',
    submitting: 'Wird angemeldet …',
    empty: 'Geben Sie einen API-Schlüssel ein.',
    malformed:
      'Ein API-Schlüssel hat keine Leerzeichen und nur einfache Buchstaben, Ziffern und Zeichen.',
    signOut: 'Abmelden',
    refused: 'Sie wurden abgemeldet.',
  },

  search: {
    label: 'Benutzer-ID oder Nummer',
    hint: 'Eine Nummer in jeder Schreibweise, etwa +49 30 901820.',
    submit: 'Suchen',
    clear: 'Alle zeigen',
    invalid:
      'Das ist weder eine Benutzer-ID (Buchstaben, Ziffern und . _ ~ : @ -) noch eine Nummer.',
  },

  list: {
    title: 'Geräte',
    ofUser: user => `Geräte von ${user}`,
    found: query => `Suche nach „${query}“`,
    add: 'Gerät hinzufügen',
    deleteAll: 'Alle löschen …',
    confirmed: 'Bestätigung',
    lock: 'Sperre',
    any: 'Alle',
    yes: 'Bestätigt',
    no: 'Nicht bestätigt',
    locked: 'Gesperrt',
    open: 'Nicht gesperrt',
    loaded: count => plural(count, 'Gerät', 'Geräte'),
    loadedSoFar: count => `${plural(count, 'Gerät', 'Geräte')} geladen, es gibt mehr`,
    matching: (shown, loaded) => `${shown} von ${plural(loaded, 'Gerät', 'Geräten')}`,
    matchingSoFar: (shown, loaded) =>
      `${shown} von bisher ${loaded} geladenen; vom Rest wissen die Filter nichts`,
    more: 'Mehr laden',
    loadingMore: 'Mehr wird geladen …',
    end: 'Das sind alle.',
    empty: 'Noch keine Geräte',
    emptyHint: 'Fügen Sie hier eines hinzu, oder registrieren Sie eines über die API.',
    emptySearch: 'Nichts gefunden',
    emptySearchHint: 'Kein Benutzer hat diese ID und kein Gerät diese Nummer.',
    emptyFilter: 'Kein geladenes Gerät passt zu den Filtern',
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
    number: 'Nummer',
    confirmed: 'Bestätigt',
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
    cooldownHint: until => `möglich ab ${until}`,
    pending: 'Offener Code',
    pendingNone: 'Keiner',
    pendingNoneHint: 'Unten lässt sich einer senden.',
    pendingHint: until => `gültig bis ${until}`,

    phone: 'Am Telefon',
    phoneLead: 'Einen Code senden, vorlesen lassen und hier eingeben.',
    send: 'Code senden',
    sending2: 'Wird gesendet …',
    sent: (number, length, until) =>
      `An ${number} gesendet. Der Code hat ${length} Ziffern und gilt bis ${until}.`,
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
    invalid_json: () => 'Die API konnte die Anfrage nicht lesen.',
    invalid_body: () => 'Die API nimmt die Eingabe so nicht an.',
    invalid_query: () => 'Die API nimmt die Suche so nicht an.',
    invalid_cursor: () => 'Die Liste hat sich verschoben. Bitte aktualisieren.',
    invalid_idempotency_key: () => 'Die API nahm den Namen der Anfrage nicht an.',
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
    route_not_found: () => 'Die API hat keine solche Adresse.',
    method_not_allowed: () => 'Die API tut das hier nicht.',
    challenge_in_progress: () =>
      'Dieser Versand läuft noch und hat kein Ergebnis; nichts wurde noch einmal gesendet.',
    idempotency_key_reused: () =>
      'Derselbe Schlüssel war schon für eine andere Anfrage; nichts wurde geändert oder gesendet.',
    body_too_large: () => 'Das ist zu viel Text für eine Anfrage.',
    unsupported_media_type: () => 'Die API konnte die Anfrage nicht lesen.',
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
    challenge_not_found: () => 'An dieses Gerät wurde noch nie ein Code gesendet.',
    nothing_to_resend: () =>
      'Das Gerät hat keinen gültigen Code, der noch einmal gesendet werden könnte. Einen neuen senden.',
    invalid_signature: () =>
      'Die Anfrage ist nicht von Twilio unterschrieben; nichts wurde geändert.',
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

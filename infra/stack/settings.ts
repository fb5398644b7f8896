// Every setting of a stage, with the value that is shipped where the stage gives none. Empty is the
// code's own default. .env.example says what each means; function-settings.json, which
// `npm run function-settings` writes, which function reads which.

/** What the functions read. */
export const functionSettings: Readonly<Record<string, string>> = {
  OTP_TWILIO_URL: '',
  OTP_TWILIO_FROM: '',
  OTP_TWILIO_MESSAGING_SERVICE_SID: '',
  OTP_TWILIO_NO_DELIVERY: '',
  OTP_TWILIO_CHALLENGE_MESSAGE: '',
  OTP_TWILIO_TOKEN_TEMPLATE: '',
  OTP_TWILIO_TOKEN_LENGTH: '',
  OTP_TWILIO_TOKEN_VALIDITY: '300',
  OTP_TWILIO_COOLDOWN: '30',
  OTP_TWILIO_COOLDOWN_MAX: '3600',
  OTP_TWILIO_THROTTLE_FACTOR: '',
  OTP_TWILIO_THROTTLE_MAX: '3600',
  OTP_TWILIO_MAX_FAILURES: '',
  OTP_TWILIO_TOKEN_GUESSES: '5',
  OTP_REQUIRE_CHALLENGE_ID: '',
  OTP_TWILIO_DEFAULT_COUNTRY: '',
  OTP_TWILIO_ALLOWED_COUNTRIES: '',
  OTP_TWILIO_NUMBER_TYPES: '',
  OTP_TWILIO_DEVICES_PER_USER: '10',
  OTP_TWILIO_DEVICES_PER_NUMBER: '',
  OTP_TWILIO_ROUTES: '',
  OTP_ESTABLISHED_DAYS: '',
  OTP_TWILIO_LIMITS: '',
  OTP_TWILIO_LIMIT_NUMBER: '5/600,20/86400',
  OTP_TWILIO_LIMIT_NUMBER_ALL: '60/86400',
  OTP_TWILIO_LIMIT_USER: '10/600,40/86400',
  OTP_TWILIO_LIMIT_CLIENT: '100/3600',
  OTP_TWILIO_LIMIT_COUNTRY: '2000/86400',
  OTP_TWILIO_LIMIT_DEPLOYMENT: '100/60,5000/86400',
  OTP_TWILIO_ESTABLISHED_SHARE: '10',
  OTP_TWILIO_BREAKER: '',
  OTP_TWILIO_BREAKER_PREFIX: '20/10/3600',
  OTP_TWILIO_BREAKER_COUNTRY: '300/3/3600',
  OTP_TWILIO_BREAKER_SECONDS: '',
  OTP_TWILIO_ALWAYS_ALLOW: '',
  OTP_TWILIO_PRICES: '*=0.08',
  OTP_TWILIO_CHANNELS: '',
  OTP_TWILIO_WHATSAPP_FROM: '',
  OTP_TWILIO_WHATSAPP_CONTENT_SID: '',
  OTP_TWILIO_ORIGIN: '',
  OTP_TWILIO_ANDROID_HASH: '',
  OTP_TWILIO_TOKEN_TEMPLATES: '',
  OTP_EVENT_BUS: '',
  OTP_TIMELINE_DAYS: '',
  OTP_PUBLIC_URL: '',
  OTP_TWILIO_SIGNATURE_KEY: '',
  OTP_PUBLIC_PAGES: '',
}

/** What only the deploy reads. */
export const deploySettings: Readonly<Record<string, string>> = {
  OTP_REGION: '',
  OTP_SERVICE: '',
  OTP_PROTECT_TABLES: '',
  OTP_DEVICES_TABLE: '',
  OTP_TRAFFIC_TABLE: '',
  OTP_SECRETS_KEY_ARN: '',
  OTP_PERMISSIONS_BOUNDARY: '',
  OTP_TAGS: '',
  OTP_ALARM_EMAIL: '',
  OTP_TWILIO_DAILY_BUDGET: '400',
}

/** All of them. */
export const settings: Readonly<Record<string, string>> = { ...functionSettings, ...deploySettings }

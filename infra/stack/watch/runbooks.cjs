// What to do when an alarm rings, one line each, by the alarm's logical id: whoever is woken reads
// it in the message itself. docs/operating.md has more.
module.exports.runbooks = {
  SpendNearBudgetAlarm:
    'Look at Traffic in the console, by country; lower a limit where it is no real users.',
  SpendOverBudgetAlarm:
    'Stop sending: lower OTP_TWILIO_LIMIT_DEPLOYMENT or the list of countries, and deploy.',
  ConversionAlarm:
    'One country: fraud, stop sending there. All: a carrier, take another channel or route.',
  TwilioAlarm: 'npm run doctor says what Twilio refuses; else look at its status page.',
  GuessingAlarm:
    'Find code, deviceId and principal in the log of verify; revoke a key that leaked.',
  GuessingShareAlarm: 'As for guessing; or tokens do not arrive: look at deliveries.',
  SuspensionAlarm: 'GET /suspensions. Real users: lift it, or allow it always.',
  EstablishedUnverifiedAlarm:
    'Look at deliveries of that country: another channel or route, or stop sending there.',
  BreakerBlindAlarm: 'Look at DynamoDB in the Region. Limits still hold; stop sending if it lasts.',
  SharedLimitAlarm:
    'Real users: raise the limit. Fraud: wait for its window, or stop sending there.',
  StrangersShareAlarm: 'Owners still log in. Guard the sign-up form, or raise the limit.',
  DevicesDisabledAlarm:
    'Ask the user, then unlock the device in the console. Many: as for guessing.',
  SecretsAlarm:
    'npm run doctor. A refusal ends all answers within 5 minutes: give the permission back.',
  TrafficFailuresAlarm: 'Find the cause in the log of traffic, and mend that first.',
  AuditFailuresAlarm: 'Find the cause in the log of audit, and mend that first.',
  ErrorsAlarm:
    'Find the requestId in the logs; npm run doctor names a setting that is not_configured.',
  ApiRefusedAlarm: 'Find status and ip in the access log: a wrong or revoked key, or strangers.',
  ApiThrottledAlarm:
    'Find ip and routeKey in the access log. Growth: raise OTP_RATE_*. A flood: close the door.',
  LambdaFullAlarm: 'npm run doctor says how many functions may run at once; ask AWS for more.',
  StreamLateAlarm: 'Logins go on. Look at the logs of traffic and audit.',
}

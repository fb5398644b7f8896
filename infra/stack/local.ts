// Where the service of this machine keeps its devices: what `npm start` makes, and what a command
// on `--stage local` finds.

/** The tables of npm start. */
export const localTables = {
  devicesTable: 'serverless-otp-twilio-local-devices',
  limitsTable: 'serverless-otp-twilio-local-limits',
  trafficTable: 'serverless-otp-twilio-local-traffic',
}

/** DynamoDB Local keeps tables by region and access key: these are the ones of the functions. */
export const localRegion = 'us-east-1'

/** Nobody's: no AWS account is used by accident. */
export const localCredentials = { accessKeyId: 'local', secretAccessKey: 'local' }

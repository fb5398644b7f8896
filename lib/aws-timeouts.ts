/**
 * The timeouts of one try of a request to any AWS service: one second to connect, and one
 * second for the answer.
 */
export const awsTimeouts = {
  connectionTimeout: 1000,
  requestTimeout: 1000,
  // For a response whose head arrives and whose body does not.
  socketTimeout: 1000,
  // Without this the SDK only warns.
  throwOnRequestTimeout: true,
}

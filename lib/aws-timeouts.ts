/** How long a try of a request to AWS may take, whichever service it is: one second to connect, and one to answer. */
export const awsTimeouts = {
  connectionTimeout: 1000,
  requestTimeout: 1000,
  // For an answer whose head came and whose body does not.
  socketTimeout: 1000,
  // Without this the SDK only warns.
  throwOnRequestTimeout: true,
}

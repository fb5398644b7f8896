// An HTTP API event, payload 2.0, with no more of it than the functions read.

/** What a request is about. */
export interface EventParts {
  userId?: string
  deviceId?: string
  body?: unknown
  headers?: Record<string, string>
  query?: Record<string, string>
}

/** The event that API Gateway would make of a request. */
export function eventOf(apiKey: string, { body, headers, query, ...ids }: EventParts) {
  return {
    version: '2.0',
    rawQueryString: '',
    headers: {
      authorization: `Bearer ${apiKey}`,
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    pathParameters: ids,
    ...(query && { queryStringParameters: query }),
    requestContext: { http: { method: 'POST', path: '/' } },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    isBase64Encoded: false,
  }
}

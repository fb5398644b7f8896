// POST /transfer: what only this service knows of a proof that API Gateway has let through. Whose
// session it is, for which transfer, how old proof and phone are, and that it was not used before.
import { ConditionalCheckFailedException, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb'
import { userOf } from './session.js'

const longestAgeSeconds = 300
const youngestPhoneSeconds = Number(process.env.YOUNGEST_PHONE_SECONDS ?? 86_400)
const store = DynamoDBDocumentClient.from(new DynamoDBClient({}))

export async function handler({ body, cookies, requestContext }) {
  const user = userOf(cookies)
  if (user === null) return answer(401, { code: 'no_session' })
  const { claims } = requestContext.authorizer.jwt
  const transfer = transferOf(body)
  const code = refuse(claims, { user, transfer }) ?? (await useUp(claims))
  return code === null ? answer(200, { transferred: transfer }) : answer(403, { code })
}

/** API Gateway hands every claim on as a string. */
function refuse({ sub, nonce, auth_time: usedAt, device_since: since }, { user, transfer }) {
  if (sub !== user) return 'another_user'
  if (nonce === undefined || nonce !== transfer) return 'another_transfer'
  // Who steals a session could enrol a phone of their own, and verify a second token with it.
  if (!(usedAt - since >= youngestPhoneSeconds)) return 'new_phone'
  return Date.now() / 1000 - usedAt > longestAgeSeconds ? 'too_old' : null
}

/** Writes the proof's name down until the proof ends: of two requests one is the first. */
async function useUp({ jti, exp }) {
  const used = { TableName: process.env.USED_PROOFS, Item: { jti, expiresAt: Number(exp) } }
  try {
    await store.send(new PutCommand({ ...used, ConditionExpression: 'attribute_not_exists(jti)' }))
    return null
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return 'used_before'
    throw error
  }
}

function transferOf(body) {
  try {
    return JSON.parse(body).transfer
  } catch {
    return undefined
  }
}

function answer(statusCode, body) {
  const headers = { 'content-type': 'application/json' }
  return { statusCode, headers, body: JSON.stringify(body) }
}

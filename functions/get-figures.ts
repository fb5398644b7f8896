// GET /figures: what was sent, delivered and verified in the last hours, in total and by country.
import { endpoint } from '../lib/api/endpoint.ts'
import * as operation from '../lib/api/operations.ts'
import { json } from '../lib/api/response.ts'
import { connectStore } from '../lib/dynamodb/client.ts'
import { lastHours } from '../lib/figures/hours.ts'
import { readFigures } from '../lib/figures/store.ts'
import { figuresView } from '../lib/figures/view.ts'
import { messagePrices } from '../lib/settings/prices.ts'

const store = connectStore()

export const handler = endpoint(operation.getFigures, async ({ query, now, signal }) => {
  const prices = messagePrices()
  const hours = lastHours(query.hours, now)
  const items = await readFigures(store, hours, signal)
  return json(200, figuresView(hours, items, prices))
})

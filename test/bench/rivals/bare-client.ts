// The least that anybody would deploy to update an item: the document client and nothing around it.
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import {
  DynamoDBDocumentClient,
  UpdateCommand,
  type UpdateCommandInput,
} from '@aws-sdk/lib-dynamodb'

const client = DynamoDBDocumentClient.from(new DynamoDBClient({}))

/** Updates an item. */
export const handler = (input: UpdateCommandInput) => client.send(new UpdateCommand(input))

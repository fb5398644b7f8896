// What the judges find and is so on purpose, each with its reason.

/** A rule that is not kept. */
export interface Accepted {
  /** What it asks for. */
  what: string
  reason: string
}

/** By the rule's id. */
export const accepted: Record<string, Accepted> = {
  W3005: {
    what: 'no DependsOn beside a GetAtt',
    reason:
      'osls writes the role into DependsOn of each function; the order of creation is the same',
  },
  CKV_AWS_18: {
    what: 'access logging of the bucket',
    reason:
      'the deployment bucket holds the zips of the deploy alone; of the bucket of kept records a log would need a third one',
  },
  CKV_AWS_21: {
    what: 'versioning of the bucket',
    reason:
      'every deploy has a folder of its own in it, and osls keeps the last five; a version of a kept record would outlive its erasure',
  },
  CKV_AWS_26: {
    what: 'a KMS key for the topic of the alarms',
    reason:
      'CloudWatch cannot publish under the key of SNS, and one of your own has its price; an alarm is sentences and sums',
  },
  CKV_AWS_28: {
    what: 'point-in-time recovery of the limits',
    reason:
      'they count sends of a month at most; the other tables have it, as package.test.ts holds',
  },
  CKV_AWS_115: {
    what: 'reserved concurrency of each function',
    reason:
      'it would be taken from the rest of the account; the API is throttled at 100 requests a second',
  },
  CKV_AWS_116: {
    what: 'a dead letter queue',
    reason:
      'it is for asynchronous invocations; API Gateway hands the failure on, and the stream has a bucket for it',
  },
  CKV_AWS_117: {
    what: 'functions inside a VPC',
    reason:
      'they talk to DynamoDB, SSM and Twilio over TLS alone; a VPC would need a NAT and protect nothing',
  },
  CKV_AWS_119: {
    what: 'a KMS key of your own for the table',
    reason:
      'it is encrypted with the key of DynamoDB; no token is stored, and each KMS key has its monthly price',
  },
  CKV_AWS_158: {
    what: 'a KMS key of your own for logs',
    reason: 'they are encrypted by CloudWatch, and hold no token, digest, key or whole number',
  },
  CKV_AWS_173: {
    what: 'a KMS key of your own for the environment',
    reason: 'it holds no secret: these are SecureStrings in SSM',
  },
  WILDCARD_INVOKE: {
    what: 'no wildcard in who may invoke a function',
    reason:
      'osls lets this one HTTP API invoke it, whatever the stage and route; the API id is exact',
  },
  WILDCARD_DENY: {
    what: 'no wildcard in a Deny',
    reason:
      'everybody is denied everything on the two buckets without TLS: here a wildcard narrows',
  },
}

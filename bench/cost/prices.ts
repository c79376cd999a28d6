/** What one unit of something costs, as AWS publishes it. */
export interface Price {
  /** US dollars for one unit. */
  usd: number;
  /** What one unit is, in the words of a bill. */
  unit: string;
  /** The page of AWS that has the price. */
  page: string;
}

/**
 * When the prices were read, and where they hold. They were read in copies of AWS's pages and of what others wrote of them, not
 * in an account; AWS changes them without notice, and free tiers, taxes and agreements are left out. Look the pages up before
 * relying on a figure.
 */
export const priceList = { region: 'us-east-1', read: '2026-06' } as const;

const pages = {
  apiGateway: 'https://aws.amazon.com/api-gateway/pricing/',
  cloudWatch: 'https://aws.amazon.com/cloudwatch/pricing/',
  dynamodb: 'https://aws.amazon.com/dynamodb/pricing/on-demand/',
  eventBridge: 'https://aws.amazon.com/eventbridge/pricing/',
  kms: 'https://aws.amazon.com/kms/pricing/',
  lambda: 'https://aws.amazon.com/lambda/pricing/',
  privateLink: 'https://aws.amazon.com/privatelink/pricing/',
  s3: 'https://aws.amazon.com/s3/pricing/',
  secretsManager: 'https://aws.amazon.com/secrets-manager/pricing/',
  sns: 'https://aws.amazon.com/sns/pricing/',
  sqs: 'https://aws.amazon.com/sqs/pricing/',
  vpc: 'https://aws.amazon.com/vpc/pricing/',
  xray: 'https://aws.amazon.com/xray/pricing/',
} as const;

/** What is paid for each time that something happens. */
export const prices = {
  'kms-symmetric': price(0.03, 10_000, 'KMS request with a symmetric or HMAC key', pages.kms),
  'kms-rsa-2048': price(0.03, 10_000, 'KMS request with an RSA-2048 key', pages.kms),
  'kms-asymmetric': price(0.15, 10_000, 'KMS request with any other asymmetric key', pages.kms),
  'kms-pair-ecc': price(0.1, 10_000, 'KMS GenerateDataKeyPair, ECC', pages.kms),
  'kms-pair-rsa': price(12, 10_000, 'KMS GenerateDataKeyPair, RSA', pages.kms),
  'dynamodb-write': price(0.625, 1_000_000, 'DynamoDB write request unit (1 KB)', pages.dynamodb),
  'dynamodb-read': price(0.125, 1_000_000, 'DynamoDB read request unit (4 KB)', pages.dynamodb),
  's3-put': price(0.005, 1_000, 'S3 PUT, COPY, POST or LIST request', pages.s3),
  's3-get': price(0.0004, 1_000, 'S3 GET or any other request', pages.s3),
  'eventbridge-event': price(1, 1_000_000, 'EventBridge custom event (64 KB)', pages.eventBridge),
  'sqs-request': price(0.4, 1_000_000, 'SQS request (64 KB)', pages.sqs),
  'sns-publish': price(0.5, 1_000_000, 'SNS publish (64 KB)', pages.sns),
  'http-request': price(1, 1_000_000, 'API Gateway HTTP API request (512 KB)', pages.apiGateway),
  'lambda-request': price(0.2, 1_000_000, 'Lambda invocation', pages.lambda),
  'lambda-gb-second': price(0.000_013_333_4, 1, 'Lambda GB-second, arm64', pages.lambda),
  'log-gb': price(0.5, 1, 'CloudWatch Logs ingested, GB', pages.cloudWatch),
  'xray-trace': price(5, 1_000_000, 'X-Ray trace recorded', pages.xray),
  'archive-gb': price(0.1, 1, 'EventBridge archive, GB taken in', pages.eventBridge),
} as const satisfies Record<string, Price>;

export type PriceName = keyof typeof prices;

/** What is paid for each month that something is there, used or not. */
export const monthlyPrices = {
  'kms-key': price(1, 1, 'KMS key', pages.kms),
  alarm: price(0.1, 1, 'CloudWatch alarm of one metric', pages.cloudWatch),
  dashboard: price(3, 1, 'CloudWatch dashboard', pages.cloudWatch),
  metric: price(0.3, 1, 'CloudWatch metric of our own', pages.cloudWatch),
  secret: price(0.4, 1, 'Secrets Manager secret', pages.secretsManager),
  'sqs-poll': price(0.4, 1_000_000, 'SQS request of a poller that finds nothing', pages.sqs),
  'nat-gateway': price(32.85, 1, 'NAT gateway (730 h at 0.045), without what passes it', pages.vpc),
  'public-address': price(3.65, 1, 'public IPv4 address (730 h at 0.005)', pages.vpc),
  'endpoint-zone': price(7.3, 1, 'VPC interface endpoint in one zone (730 h at 0.01)', pages.privateLink),
} as const satisfies Record<string, Price>;

export type MonthlyPriceName = keyof typeof monthlyPrices;

/** What is paid for what stays stored, for each month. */
export const storagePrices = {
  'dynamodb-gb': price(0.25, 1, 'DynamoDB storage, GB', pages.dynamodb),
  'dynamodb-recovery-gb': price(0.2, 1, 'DynamoDB point-in-time recovery, GB', pages.dynamodb),
  's3-gb': price(0.023, 1, 'S3 Standard storage, GB', pages.s3),
} as const satisfies Record<string, Price>;

function price(usd: number, per: number, unit: string, page: string): Price {
  return { usd: usd / per, unit, page };
}

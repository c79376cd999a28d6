/** Everything that a source might import: one sample of each kind. */
export const targets = [
  '#domain/secret.ts',
  '#contract/routes.ts',
  '#ports/clock.ts',
  '#crypto/pfx/write.ts',
  '#policy/compile.ts',
  '#steps/make-key-pair.ts',
  '#adapters/pkcs11/token-administration.ts',
  '#adapters/sqlite/registry.ts',
  '#runtime/atomic-file.ts',
  '#runtime/environment.ts',
  '#wiring/api-function.ts',
  '#lambdas/other/handler.ts',
  '#local/dispatcher.ts',
  '#test/doubles/clock.ts',
  'node:crypto',
  'node:events',
  'node:fs',
  'node:fs/promises',
  'node:http',
  'node:sqlite',
  'node:stream',
  'node:timers/promises',
  'node:tls',
  'node:util',
  'node:worker_threads',
  '@aws-lambda-powertools/logger',
  '@opentelemetry/api',
  '@aws-sdk/client-s3',
  '@cedar-policy/cedar-wasm/web',
  '@valibot/to-json-schema',
  'aws-cdk-lib',
  'aws-cdk-lib/aws-s3',
  'cdk-nag',
  'constructs',
  'csv-parse/sync',
  'esbuild',
  'eventsource-parser',
  'graphene-pk11',
  'jose',
  'node-forge',
  'node-forge/lib/asn1.js',
  'oidc-provider',
  'openid-client',
  'pkcs11js',
  'valibot',
  'vitest',
] as const;
export type Target = (typeof targets)[number];

/**
 * One place in the house and all that it may import by name; whatever is not named is forbidden. A layer sees itself.
 */
export interface Place {
  path: string;
  sees: readonly Target[];
}

const node = [
  'node:crypto',
  'node:events',
  'node:fs',
  'node:fs/promises',
  'node:http',
  'node:stream',
  'node:timers/promises',
  'node:tls',
  'node:util',
  'node:worker_threads',
] as const satisfies readonly Target[];

const inner = [
  '#domain/secret.ts',
  '#contract/routes.ts',
  '#ports/clock.ts',
  '#crypto/pfx/write.ts',
  '#policy/compile.ts',
] as const satisfies readonly Target[];

const decides = [
  ...inner,
  'node:crypto',
  'node:timers/promises',
  'node:util',
] as const satisfies readonly Target[];
const adapters = [
  '#adapters/pkcs11/token-administration.ts',
  '#adapters/sqlite/registry.ts',
] as const satisfies readonly Target[];
const adapts = [...inner, ...adapters, ...node, 'valibot'] as const satisfies readonly Target[];
const useCase = [...decides, '#steps/make-key-pair.ts', 'valibot'] as const satisfies readonly Target[];
const wires = [
  ...useCase,
  ...adapters,
  '#runtime/atomic-file.ts',
  '#runtime/environment.ts',
  '#wiring/api-function.ts',
] as const satisfies readonly Target[];

const commandLine = [
  '#domain/secret.ts',
  '#contract/routes.ts',
  '#crypto/pfx/write.ts',
  '#policy/compile.ts',
  '#runtime/atomic-file.ts',
  ...node,
  'eventsource-parser',
  'openid-client',
  'valibot',
] as const satisfies readonly Target[];

export const places: readonly Place[] = [
  { path: 'shared/domain/sample.ts', sees: ['#domain/secret.ts', 'node:util'] },
  {
    path: 'shared/contract/sample.ts',
    sees: ['#domain/secret.ts', '#contract/routes.ts', 'csv-parse/sync', 'valibot'],
  },
  {
    path: 'shared/crypto/sample.ts',
    sees: [
      '#domain/secret.ts',
      '#crypto/pfx/write.ts',
      'node:crypto',
      'node:events',
      'node:stream',
      'node:tls',
      'node:util',
      'node:worker_threads',
      'jose',
      'node-forge',
      'node-forge/lib/asn1.js',
      'valibot',
    ],
  },
  {
    path: 'shared/policy/sample.ts',
    sees: [
      '#domain/secret.ts',
      '#contract/routes.ts',
      '#policy/compile.ts',
      'node:fs/promises',
      'node:timers/promises',
      '@cedar-policy/cedar-wasm/web',
      'valibot',
    ],
  },
  { path: 'shared/ports/sample.ts', sees: ['#domain/secret.ts', '#contract/routes.ts', '#ports/clock.ts'] },
  { path: 'shared/steps/sample.ts', sees: [...decides, '#steps/make-key-pair.ts'] },
  { path: 'shared/adapters/kms/sample.ts', sees: [...adapts, '@aws-sdk/client-s3', 'jose'] },
  { path: 'shared/adapters/software/sample.ts', sees: [...adapts, '@aws-sdk/client-s3', 'jose'] },
  { path: 'shared/adapters/pkcs11/sample.ts', sees: [...adapts, 'graphene-pk11', 'pkcs11js'] },
  { path: 'shared/adapters/sqlite/sample.ts', sees: [...adapts, 'node:sqlite'] },
  { path: 'shared/adapters/files/sample.ts', sees: [...adapts, 'node:sqlite'] },
  {
    path: 'shared/runtime/sample.ts',
    sees: [
      '#domain/secret.ts',
      '#contract/routes.ts',
      '#ports/clock.ts',
      '#crypto/pfx/write.ts',
      '#runtime/atomic-file.ts',
      '#runtime/environment.ts',
      ...node,
      'jose',
      'valibot',
      '@aws-lambda-powertools/logger',
      '@opentelemetry/api',
    ],
  },
  { path: 'lambdas/enroll/enroll.ts', sees: useCase },
  { path: 'lambdas/enroll/config.ts', sees: useCase },
  { path: 'lambdas/enroll/handler.ts', sees: wires },
  { path: 'lambdas/enroll/queue-handler.ts', sees: wires },
  { path: 'shared/wiring/sample.ts', sees: [...wires, 'node:fs/promises'] },
  {
    path: 'local/sample.ts',
    sees: [
      ...inner,
      '#steps/make-key-pair.ts',
      ...adapters,
      '#runtime/atomic-file.ts',
      '#runtime/environment.ts',
      '#lambdas/other/handler.ts',
      '#local/dispatcher.ts',
      ...node,
      'jose',
      'oidc-provider',
      'valibot',
    ],
  },
  {
    path: 'infra/sample.ts',
    sees: ['#contract/routes.ts', ...node, 'aws-cdk-lib', 'aws-cdk-lib/aws-s3', 'cdk-nag', 'constructs'],
  },
  { path: 'infra/bundles/sample.ts', sees: ['#contract/routes.ts', ...node, 'esbuild'] },
  { path: 'infra/package/sample.ts', sees: ['#contract/routes.ts', ...node, 'esbuild'] },
  { path: 'cli/sample.ts', sees: commandLine },
  { path: 'cli/commands/sample.ts', sees: commandLine },
  { path: 'cli/token/sample.ts', sees: [...commandLine, '#adapters/pkcs11/token-administration.ts'] },
  {
    path: 'docs/sample.ts',
    sees: ['#domain/secret.ts', '#contract/routes.ts', ...node, '@valibot/to-json-schema', 'valibot'],
  },
  { path: 'test/unit/sample.ts', sees: targets },
  { path: 'bench/sample.ts', sees: targets },
];

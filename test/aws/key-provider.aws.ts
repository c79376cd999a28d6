import { inject } from 'vitest';
import { keyProviderContract } from '#test/contract/key-provider.contract.ts';
import { kmsAccountStore } from './kms-account.ts';

keyProviderContract('openKmsProvider on AWS', () => kmsAccountStore(inject('runId')));

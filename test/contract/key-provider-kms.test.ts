import { keyProviderContract } from './key-provider.contract.ts';
import { kmsStore } from './key-provider-kms-store.ts';

keyProviderContract('openKmsProvider', () => kmsStore({ keySource: 'kms' }));

import { keyProviderContract } from './key-provider.contract.ts';
import { softHsmStore } from './key-provider-stores.ts';

keyProviderContract('openPkcs11Provider on SoftHSM', softHsmStore);

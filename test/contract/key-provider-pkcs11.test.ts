import { keyProviderContract } from './key-provider.contract.ts';
import { keyFilesContract } from './key-provider-files.contract.ts';
import { softHsmStore } from './key-provider-stores.ts';

keyProviderContract('openPkcs11Provider on SoftHSM', softHsmStore);
keyFilesContract('openPkcs11Provider on SoftHSM', softHsmStore);

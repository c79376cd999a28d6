import { keyProviderContract } from './key-provider.contract.ts';
import { keyFilesContract } from './key-provider-files.contract.ts';
import { softwareStore } from './key-provider-stores.ts';

keyProviderContract('openSoftwareProvider', softwareStore);
keyFilesContract('openSoftwareProvider', softwareStore);

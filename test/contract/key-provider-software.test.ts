import { keyProviderContract } from './key-provider.contract.ts';
import { softwareStore } from './key-provider-stores.ts';

keyProviderContract('openSoftwareProvider', softwareStore);

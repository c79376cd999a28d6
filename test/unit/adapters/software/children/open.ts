import { openSoftwareProvider } from '#adapters/software/software-provider.ts';

// Opens the provider on a folder and prints which receipt key it has.
const [, , folder = ''] = process.argv;
const provider = await openSoftwareProvider({ folder, stage: 'evaluation' });
console.log((await provider.receiptKey()).kid);
await provider.close();

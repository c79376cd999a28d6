import { openTokenProvider } from '#adapters/pkcs11/token-provider.ts';
import { Secret } from '#domain/secret.ts';

// Opens the provider on a token and prints what tells its own keys apart from others.
const { pin, ...settings } = JSON.parse(process.argv[2] ?? '{}');
const provider = await openTokenProvider({ ...settings, pin: Secret.fromText(pin) });
const mac = Buffer.from(await provider.mac(Buffer.from('x'))).toString('hex');
console.log(`${mac} ${(await provider.receiptKey()).kid}`);
await provider.close();

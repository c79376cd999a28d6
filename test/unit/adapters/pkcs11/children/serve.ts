import { openPkcs11Provider } from '#adapters/pkcs11/pkcs11-provider.ts';
import { Secret } from '#domain/secret.ts';

// A service that opens a token, uses it once, and either holds it open or has nothing more to do; it never closes it.
const { pin, hold, ...settings } = JSON.parse(process.argv[2] ?? '{}');
const provider = await openPkcs11Provider({ ...settings, pin: async () => Secret.fromText(pin) });
console.log(`serves ${(await provider.mac(Buffer.from('x'))).length}`);
if (hold === true) setInterval(() => {}, 60_000);
